"""Readers of faces, one file each, and what they share."""
