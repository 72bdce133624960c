"""Strategies and their daily signals: who may do what until when, and the commitment to what was said."""
