"""Makes the pictures that a set lacks, and keeps those that show the same person and what was asked for."""
