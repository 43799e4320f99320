"""OneTrainer's settings, in and out."""
