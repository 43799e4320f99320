"""Training: base, recipe, plan and the run itself."""
