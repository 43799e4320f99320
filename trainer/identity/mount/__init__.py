"""Placed adapters on our own loaded families, by hooks on parents: LoRA layers come and go underneath."""
