"""Alpha factors: uploaded by users, validated and tracked by the platform on its own market data."""
