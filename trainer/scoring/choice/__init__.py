"""Which checkpoint to use, at which strength, and how sure that is."""
