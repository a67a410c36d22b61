"""What the runs of a study say, for Home and Tour."""
