"""Face readers: importing this package offers those that read photographs, the surest identity first."""

from .insightface import PACK_ENTRIES
from .opencv import OPENCV_ENTRY
from .registry import register

for _entry in (*PACK_ENTRIES, OPENCV_ENTRY):
    register(_entry)
