"""Care of the home folder: retention, backup, room on the disk."""
