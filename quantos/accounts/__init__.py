"""Accounts: who calls, and what they may do. Invites, users, tokens, API keys, tiers, the operator."""
