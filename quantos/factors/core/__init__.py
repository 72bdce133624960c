"""The formulas of factors: arrays in, results out."""
