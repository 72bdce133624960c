"""Runs strategies in backtrader, confined. A program of its own that nothing imports: see README.md."""
