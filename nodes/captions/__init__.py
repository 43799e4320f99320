"""Captions: written by captioners, brought under rules, reviewed by a person."""
