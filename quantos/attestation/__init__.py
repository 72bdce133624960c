"""Attestation: what was signalled, and what came of it, committed to a git repository that anyone can check."""
