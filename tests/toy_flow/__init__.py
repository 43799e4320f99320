"""A base-model family of a few hundred weights: what a folder of its own and one line in the registry must suffice for.

Everything that SDXL is not: it predicts flow, its latents have 16 channels, its captions differ in length, and the host
that it imagines has one matrix where the model has q, k and v.
"""
