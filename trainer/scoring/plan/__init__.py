"""What a comparison asks: prompts and seeds, and the LoRA files that are its columns."""
