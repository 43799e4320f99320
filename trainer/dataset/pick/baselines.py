"""Pictures of a dataset that certainly show the character, by their file names."""

from collections.abc import Iterable

from PIL import Image

from ...errors import DatasetError
from ..dataset import Dataset
from ..sample_pixels import open_sample

MOST = 3


def named_baselines(dataset: Dataset, names: Iterable[str]) -> list[Image.Image]:
    """The pictures of these names, in order, empty ones passed over; DatasetError for a name that is not there."""
    wanted = [name.strip() for name in names if name.strip()]
    if len(wanted) > MOST:
        raise DatasetError(f"{len(wanted)} baselines are named; name at most {MOST}.")
    samples = {sample.path.name: sample for sample in dataset.samples}
    missing = [name for name in wanted if name not in samples]
    if missing:
        raise DatasetError(f"No picture is called {', '.join(missing)}; name baselines like {next(iter(samples), '')}.")
    return [open_sample(samples[name]) for name in wanted]
