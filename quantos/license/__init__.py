"""Licences of the self-hosted edition: who asks for one, who gets it, and where it is downloaded."""
