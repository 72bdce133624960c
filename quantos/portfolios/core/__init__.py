"""Pure rules of portfolios: statuses, the combination of factors, the selection, its explanation."""
