"""Widgets that several pages show: the line-up, the sidebar, training buttons and progress."""
