"""Where things are kept: the data directory, the records store (SQLite) and the series store (DuckDB)."""
