"""Who reads pictures, whom they look for, and what they saw."""
