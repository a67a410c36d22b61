"""The run store: its database, its folders, and which process may write what."""
