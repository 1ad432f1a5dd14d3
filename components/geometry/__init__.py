"""Drawings and plane geometry."""
