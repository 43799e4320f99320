"""Crops to faces and bodies: where they lie, how they are cut, and what is said of them."""
