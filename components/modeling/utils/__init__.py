"""Helpers of training."""
