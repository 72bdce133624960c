"""Rules of accounts: tiers, tokens, credentials, users. Pure."""
