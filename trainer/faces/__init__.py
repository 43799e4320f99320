"""Face readers: importing this package offers them; of those for photographs `auto` takes the first that is ready."""

from .readers.auraface import AURAFACE_ENTRY
from .readers.ccip import CCIP_ENTRY
from .readers.dino import DINO_ENTRY
from .readers.dlib import DLIB_ENTRY
from .readers.insightface import PACK_ENTRIES
from .readers.opencv import OPENCV_ENTRY
from .registry import register

for _entry in (AURAFACE_ENTRY, *PACK_ENTRIES, OPENCV_ENTRY, DLIB_ENTRY, CCIP_ENTRY, DINO_ENTRY):
    register(_entry)
