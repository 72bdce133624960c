"""The operator's routes over the services, and the platform's health."""
