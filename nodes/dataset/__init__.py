"""Datasets: load, check, crop, pick, fill, vary, mix and save them."""
