"""Live data: the providers' own libraries, imported only when they are used."""
