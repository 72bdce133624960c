"""The states of a ticket, and who is told what of which event. Pure."""
