"""Support: tickets of users to the operator, and notifications of what happened to what is theirs."""
