"""Face readers: importing this package offers those that read photographs, the surest identity first."""

from .dlib import DLIB_ENTRY
from .insightface import PACK_ENTRIES
from .opencv import OPENCV_ENTRY
from .registry import register

for _entry in (*PACK_ENTRIES, OPENCV_ENTRY, DLIB_ENTRY):
    register(_entry)
