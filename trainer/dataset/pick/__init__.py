"""Picks the pictures that teach most out of a large folder."""
