"""What a run needs of a GPU, from the shapes of its base alone."""
