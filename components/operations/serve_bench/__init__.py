"""How fast and how steady the service is, beside the same work without it."""
