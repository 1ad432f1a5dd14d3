"""Prefect flows: thin doors onto components."""
