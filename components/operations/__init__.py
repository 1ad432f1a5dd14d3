"""Stages, trials and upkeep."""
