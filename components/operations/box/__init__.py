"""What this machine can do, with each library for inference."""
