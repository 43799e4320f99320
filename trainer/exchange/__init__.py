"""Recipes in other trainers' words: kohya's TOML, the guide's YAML, kohya_ss' JSON and OneTrainer's JSON."""
