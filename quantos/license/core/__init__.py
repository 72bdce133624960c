"""What a licence grants, and the states of a request. Pure."""
