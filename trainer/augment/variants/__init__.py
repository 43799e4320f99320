"""Style variants: a character's renders in other styles, kept only where the face is still the same person's."""
