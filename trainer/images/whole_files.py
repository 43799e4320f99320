"""Pillow's switch that lets half-read files pass, held off while pictures are read."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from PIL import ImageFile

_lock = threading.Lock()
_readers = 0
_before = False


@contextmanager
def whole_files() -> Generator[None]:
    """Within the block, in any thread, Pillow refuses truncated files; what the host had set returns afterwards.

    Other programs in this process set the switch for good, and a picture with its lower half grey would be trained on.
    """
    global _readers, _before
    with _lock:
        if not _readers:
            _before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        _readers += 1
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if not _readers:
                ImageFile.LOAD_TRUNCATED_IMAGES = _before
