"""Datasets as folders: kohya, ai-toolkit and JSON, read and written."""
