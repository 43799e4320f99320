"""Measurements, side by side: `python -m trainer bench`. Nothing that a user's process imports may import them."""

from collections.abc import Callable
from typing import Any

Sink = Callable[[Any], None]
"""Shows what happens while a bench works: events of training and of comparing."""
