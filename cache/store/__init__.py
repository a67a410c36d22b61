"""The run store: its database, its folders, and who may write what."""
