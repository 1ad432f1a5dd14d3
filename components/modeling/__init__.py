"""The network: training, evaluation, export, registry, inference."""
