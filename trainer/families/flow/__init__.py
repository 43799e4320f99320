"""What bases that predict flow share: σ and noise, the way to a picture, weights that arrive block by block."""
