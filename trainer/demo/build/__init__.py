"""Remakes the demo base, reader and character from one seed: `python -m trainer demo build`."""
