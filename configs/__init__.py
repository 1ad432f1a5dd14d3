"""The shipped settings: YAML files, one for each kind of work."""
