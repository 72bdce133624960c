"""Files to rows to tables: reading, screening, storing, reporting."""
