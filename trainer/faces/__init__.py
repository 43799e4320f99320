"""Face readers, surest identity first: importing this package registers those that read photographs."""

from . import (
    insightface,  # noqa: F401  # isort: skip
    opencv,  # noqa: F401  # isort: skip
)
