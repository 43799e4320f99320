"""Caption rules: what captions say of a character, in which order, and what is left for the trigger to learn."""
