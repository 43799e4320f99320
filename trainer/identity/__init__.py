"""Adapters that bring a face from reference pictures: files, encoders, attention, mounts. Knows nothing of the host."""
