"""Whether to train a LoRA, to bring a face from reference pictures, or both: by what there is and what is wanted."""
