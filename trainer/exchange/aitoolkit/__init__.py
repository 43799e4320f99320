"""ai-toolkit's jobs, in and out."""
