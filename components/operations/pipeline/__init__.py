"""The stages themselves: drawings, dataset, checks, training, release."""
