"""The operator's dashboard in the terminal; speaks to the platform through quantos.client alone."""
