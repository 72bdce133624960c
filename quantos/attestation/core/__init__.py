"""Values and rules of attestation: entries, day files, commit messages. No I/O."""
