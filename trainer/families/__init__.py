"""Base-model families: which one a folder or file holds, and a loaded one behind a seam."""
