"""Whether pictures and answers are still what they were, without labels."""
