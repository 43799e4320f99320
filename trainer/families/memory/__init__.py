"""How a denoiser lies in little memory: quantised, swapped, recomputed, partly off the device."""
