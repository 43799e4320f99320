"""A LoRA and what brings the same face beside it, an adapter or references: how strong to use each."""
