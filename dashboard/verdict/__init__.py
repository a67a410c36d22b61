"""The verdict and the recommendation of Compare."""
