"""Pure rules of strategies and signals: statuses, deadlines, validity, the commitment, exact weights."""
