"""Performance: what a NAV curve is worth, and beside its benchmark."""
