"""Learning from frames of the camera: labelling, review, training again."""
