"""Stable Diffusion: SDXL and SD 1.5, from a diffusers folder or a single checkpoint file."""
