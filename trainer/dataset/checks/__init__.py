"""Checks of one picture or of the whole set: a file a noun, each with its measure and what it says of it."""
