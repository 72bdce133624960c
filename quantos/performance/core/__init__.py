"""Formulas over daily curves: pure, on arrays."""
