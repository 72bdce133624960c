"""Public verification: what anyone may read of a public strategy, without an account."""
