"""The camera as a measuring tool: printed board, calibration, plane of the parts, moved or not."""
