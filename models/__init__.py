"""What training makes; the generic weights in `generic/` ship with the project."""
