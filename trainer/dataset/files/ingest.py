"""Files taken into a dataset one by one, or left out with the sentence that says why."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image

from ...errors import DatasetError
from ...images.alpha import Alpha, matte_rgb
from ...images.masks import mask_beside, mask_sha256, read_mask
from ...images.picture_file import opened, pixels_of
from ...images.pixels import Picture, decoded, pixel_sha256
from ...runtime.steps import Progress, Steps, silent, stepped
from ...runtime.work import never
from ..dataset import LeftOut
from ..sample import Sample
from .layout import fault_of, lies_in, readable_name

MIN_SIDE = 8
"""Pixels; a picture with fewer has no latent."""
MAX_STRETCH = 20
"""Longer side over shorter; a strip beyond that would be blown up to gigabytes to fill a bucket."""
_STOPPED = "Reading stopped after {done} of {total} pictures."
Row = TypeVar("Row")


def ingest(
    rows: Sequence[Row],
    read: Callable[[Row], Sample],
    name: Callable[[Row], str],
    pixels: Callable[[Row], int],
    *,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> tuple[tuple[Sample, ...], tuple[LeftOut, ...]]:
    """`read` every row, several at once as their `pixels` allow; rows that raise DatasetError are left out by `name`.

    Raises Cancelled, between pictures, when `cancelled` says so.
    """

    def named(row: Row) -> str:
        return readable_name(name(row))

    def tried(row: Row) -> Sample | LeftOut:
        try:
            return read(row)
        except DatasetError as fault:
            return LeftOut(name=named(row), why=readable_name(str(fault)))

    steps = Steps(len(rows), _STOPPED, progress, cancelled)
    results = [result for _, result in stepped(rows, tried, steps, named, pixels)]
    samples = tuple(result for result in results if isinstance(result, Sample))
    return samples, tuple(result for result in results if isinstance(result, LeftOut))


def pixels_inside(path: Path, root: Path) -> int:
    """What `read_sample` will decode, by the header; 0 for a file that it will refuse."""
    return 0 if fault_of(path, root) else pixels_of(path)


def read_sample(path: Path, root: Path, alpha: Alpha) -> Sample:
    """A Sample of one decode, without its caption; DatasetError when the file is refused. `root` is resolved."""
    if fault := fault_of(path, root):
        raise DatasetError(fault)
    with opened(path) as image:
        if fault := fault_of_size(path.name, image.width, image.height):
            raise DatasetError(fault)
        picture = decoded(image, matte_rgb(alpha.matte))
    found = _mask(path, root, picture) if alpha.masked else None
    return Sample(
        path=path,
        sha256=pixel_sha256(picture.rgb),
        width=picture.rgb.width,
        height=picture.rgb.height,
        matte=alpha.matte,
        masked=alpha.masked and (picture.mask is not None or found is not None),
        mask=None if found is None else found[0],
        mask_sha256=None if found is None else found[1],
    )


def own_mask_sha256(mask: Image.Image | None, size: tuple[int, int]) -> str:
    """Names what a picture itself says of the loss: its transparency, or white where it has none."""
    return mask_sha256(mask or Image.new("L", size, 255))


def _mask(path: Path, root: Path, picture: Picture) -> tuple[Path, str] | None:
    """The mask file of a picture and its name by content; DatasetError when it is damaged, alien or of another size.

    None where it says no more than the picture itself: saving writes such files for trainers that want one for each.
    """
    mask = mask_beside(path, root)
    if mask is None:
        return None
    if not lies_in(mask, root):
        raise DatasetError(f"The mask {mask.name} lies outside {root.name}, or links there; copy it into the folder.")
    sha256 = mask_sha256(read_mask(mask, picture.rgb.size))
    return None if sha256 == own_mask_sha256(picture.mask, picture.rgb.size) else (mask, sha256)


def fault_of_size(name: str, width: int, height: int) -> str | None:
    """Why a picture of this size cannot be trained on at all, None where it can."""
    if min(width, height) < MIN_SIDE:
        return f"{name} is {width} × {height} pixels; use a picture of at least 512 a side."
    if max(width, height) > MAX_STRETCH * min(width, height):
        return f"{name} is a strip of {width} × {height} pixels; cut a part out of it."
    return None
