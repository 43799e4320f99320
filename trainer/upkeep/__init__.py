"""What runs, caches and kept pictures cost on the disk, and taking away what is no longer needed."""
