"""From a released model to the champion and back: gate, trial, self-check, transfer."""
