"""The leaderboard of Compare."""
