"""Settlement: signals into orders, positions and NAV."""
