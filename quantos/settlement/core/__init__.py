"""The ledger arithmetic: exact integers, no I/O, no clock."""
