"""Datasets: pictures with their truth, on disk."""
