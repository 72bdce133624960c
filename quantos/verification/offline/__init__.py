"""The independent verifier as a program: `python -m quantos.verification.offline`, or one file that any Python runs.

It needs Python 3.11 and, for attestation repositories, the git program; no package, no network but the URLs that
it is given, no database and no code of the server.
"""
