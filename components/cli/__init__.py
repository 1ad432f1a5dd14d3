"""The command line: one thin door onto the functions of the other packages."""
