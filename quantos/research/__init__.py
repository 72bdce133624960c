"""The copilot: strategies from blueprints, their code, what it may do and what it says."""
