"""Pure market facts: no I/O, no clock."""
