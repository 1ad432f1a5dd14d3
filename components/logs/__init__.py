"""Logs of every part in one schema, and how a request or a run is followed through them."""
