"""Face readers: importing this package offers them; of those for photographs `auto` takes the first that is ready."""

from .auraface import AURAFACE_ENTRY
from .ccip import CCIP_ENTRY
from .dino import DINO_ENTRY
from .dlib import DLIB_ENTRY
from .insightface import PACK_ENTRIES
from .opencv import OPENCV_ENTRY
from .registry import register

for _entry in (AURAFACE_ENTRY, *PACK_ENTRIES, OPENCV_ENTRY, DLIB_ENTRY, CCIP_ENTRY, DINO_ENTRY):
    register(_entry)
