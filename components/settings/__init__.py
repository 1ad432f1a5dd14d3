"""Settings: the files in configs/ and their types."""
