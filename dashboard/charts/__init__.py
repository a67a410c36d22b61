"""What all charts and tables share."""
