"""Pictures that show nothing: black, blank, one colour."""

from ..intervals import Interval, share
from ..reading.observation import Batch


def broken(batch: Batch) -> Interval | None:
    """Part of the pictures in which numbers overflowed or noise is all there is."""
    return share(picture.is_broken for picture in batch.pictures)
