"""Scenes: from parts to pictures."""
