"""Remakes the demo bases, reader and character from one seed: `python -m trainer demo build`."""
