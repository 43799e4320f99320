"""Pictures that show nothing: black, blank, one colour."""

from ..intervals import Interval, share
from ..reading.observation import Batch


def broken(batch: Batch) -> Interval | None:
    """Part of the pictures that are black, blank or of one colour, as where numbers overflowed. Noise is not found."""
    return share(picture.is_broken for picture in batch.pictures)
