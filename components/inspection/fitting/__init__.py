"""Fitting a drawing to what was seen: candidates, alignment, exact place, check, answer."""
