"""The parts of dxfvision: plain functions that work without any server."""
