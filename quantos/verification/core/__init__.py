"""The independent verifier's judgement: standard library alone, no I/O, no code of the ledger that it checks."""
