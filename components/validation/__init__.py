"""Checks of datasets with Great Expectations."""
