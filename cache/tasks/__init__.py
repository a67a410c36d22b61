"""Work in processes of its own, asked for by pages and commands."""
