"""Running a stage: once, skipped if nothing changed, locked, told as metrics."""
