"""The scheduler: six daily jobs on trading days, in live time and in simulation."""
