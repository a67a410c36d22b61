"""Results of studies, for Home and Tour."""
