"""Licences: the document, the fingerprint, issue and verification; imports nothing of the platform."""
