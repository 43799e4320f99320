"""Clips of a character: whether the face holds from frame to frame, as numbers with intervals (docs/motion.md)."""
