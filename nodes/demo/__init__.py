"""The built-in base model and character."""
