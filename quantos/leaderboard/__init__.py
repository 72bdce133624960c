"""Backtests side by side: scores, periods, datasets."""
