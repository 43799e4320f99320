"""Checkpoints compared and chosen, LoRA files checked."""
