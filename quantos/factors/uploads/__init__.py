"""Factor values as they arrive: JSON, Parquet or Arrow IPC, each read into one panel or refused as a whole."""
