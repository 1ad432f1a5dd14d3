"""Which part it is, where it lies and how well it fits its drawing."""
