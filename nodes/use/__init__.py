"""The chosen LoRA in use."""
