"""What a run needs of a GPU, part by part and phase by phase, from the shapes of its base alone."""
