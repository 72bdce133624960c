"""Score and periods: pure."""
