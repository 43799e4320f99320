"""One dlib reader for all who read photographs: it takes a second to open."""

import pytest

from trainer.faces.readers.dlib import DlibReader, missing


@pytest.fixture(scope="session")
def dlib_reader() -> DlibReader:
    if lack := missing():
        pytest.skip(lack)
    return DlibReader()
