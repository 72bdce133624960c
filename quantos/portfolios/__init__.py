"""Portfolios of factors: strategies that signal by themselves."""
