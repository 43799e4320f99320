"""Which demo base: a small SDXL, or a small FLUX.1 that shares its text encoders."""

from typing import Literal, get_args

DemoFamily = Literal["sdxl", "flow"]
FAMILIES: tuple[DemoFamily, ...] = get_args(DemoFamily)
