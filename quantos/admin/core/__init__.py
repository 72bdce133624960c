"""What an operator must look at, from the facts alone. Pure."""
