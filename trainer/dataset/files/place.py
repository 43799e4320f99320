"""Where each picture of a dataset goes in a folder, and what already lies there."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import DatasetError
from ...images.masks import FOLDER as MASKS
from ...images.masks import is_mask
from ...images.picture_file import SUFFIXES
from ...images.pixels import load_picture, pixel_sha256
from ...storage.file_name import file_name_fault
from ..dataset import ANY_SUBJECT, Dataset
from ..sample import Sample
from .aitoolkit import with_trigger
from .caption_lines import caption_bytes, caption_text
from .layout import CAPTION_SUFFIXES, HELD_OUT, ImageFolder, caption_beside, image_folders, lies_in, natural, pictures

_NOT_IN_NAMES = frozenset('/\\:*?"<>|')


@dataclass(frozen=True)
class Place:
    """A sample and the picture file that is to hold it; `stays` where that is the sample's own, whatever its format.

    `has_mask` where a mask file goes with it, `has_alpha` where its file must have an alpha channel, opaque or not,
    `has_line_end` where its caption file may end in one.
    """

    sample: Sample
    picture: Path
    stays: bool = False
    has_mask: bool = False
    has_alpha: bool = False
    has_line_end: bool = True

    @property
    def caption(self) -> Path:
        return self.picture.with_suffix(CAPTION_SUFFIXES[0])

    @property
    def caption_bytes(self) -> bytes:
        """What the caption file is to hold."""
        data = caption_bytes(caption_text(self.sample))
        return data if self.has_line_end else data.rstrip(b"\n")

    @property
    def mask(self) -> Path:
        """Where its mask file lies, if it has one: outside of what trainers take for pictures.

        That is what kohya's `conditioning_data_dir` and ai-toolkit's `mask_path` are to name; held-out pictures have
        a folder of their own, since kohya refuses one with more masks than pictures.
        """
        inside = self.picture.parent
        return (inside if inside.name == HELD_OUT else inside.parent) / MASKS / self.picture.name

    @property
    def name(self) -> str:
        return f"{self.picture.parent.name}/{self.picture.name}"

    @property
    def filled(self) -> Sample:
        """The sample once it lies here, and its mask."""
        if self.stays or self.sample.mask is None:
            return replace(self.sample, path=self.picture)
        return replace(self.sample, path=self.picture, mask=self.mask)


def kohya_places(dataset: Dataset, folder: Path) -> list[Place]:
    """`N_trigger class/001.png`, and held-out pictures in `held_out`, which no trainer enters; numbered through."""
    words = words_of(dataset)
    return _masked([_kohya(sample, name, folder, words) for sample, name in _numbered(dataset.samples)])


def aitoolkit_places(dataset: Dataset, folder: Path) -> list[Place]:
    """`001.png` in `folder` itself; as for kohya where there are repeats, or held-out pictures.

    ai-toolkit walks into every folder below the one it is given, so held-out pictures and masks must lie outside of
    that. With `alpha_mask` it passes over pictures without an alpha channel; a line end would be part of the caption.
    """
    if any(sample.split == "held_out" or sample.repeats > 1 or sample.mask for sample in dataset.samples):
        places = kohya_places(dataset, folder)
    else:
        places = [Place(sample, folder / name) for sample, name in _numbered(dataset.samples)]
    is_alpha = any(sample.masked and sample.mask is None for sample in dataset.train)
    return [replace(place, has_alpha=is_alpha and not place.has_mask, has_line_end=False) for place in places]


def json_places(dataset: Dataset, folder: Path) -> list[Place]:
    """Pictures that lie in `folder` stay where they are; the others go into kohya folders there."""
    root, words = folder.resolve(), words_of(dataset)
    places = [
        Place(sample, sample.path, stays=True) if lies_in(sample.path, root) else _kohya(sample, name, folder, words)
        for sample, name in _numbered(dataset.samples)
    ]
    return [replace(place, has_mask=place.sample.mask is not None and not place.stays) for place in places]


def untracked_files(places: Sequence[Place], folder: Path, leaving: Collection[Path] = ()) -> list[str]:
    """Pictures that would be trained on with the dataset although they are not in it, nor are they `leaving`."""
    if not folder.is_dir():
        return []
    ours = {place.picture for place in places}
    is_flat = any(path.parent == folder for path in ours)
    found = [*image_folders(folder), *([ImageFolder(folder, recursive=True)] if is_flat else ())]
    there = dict.fromkeys(path for source in found for path in pictures(source))
    return (
        _labels(places)
        + _stray_masks(places, leaving)
        + [
            f"{path.parent.name}/{path.name} lies there but is not in the dataset; move it or choose another folder."
            for path in there
            if path not in ours and path not in leaving and (is_flat or path.parent != folder)
        ]
    )


def _labels(places: Sequence[Place]) -> list[str]:
    """OneTrainer's masks in folders that are written for others."""
    inside = sorted({place.picture.parent for place in places if not place.stays})
    return [
        f"{parent.name}/{path.name} lies among the pictures, where other trainers take it for one; move it into "
        f"{MASKS} or choose another folder."
        for parent in inside
        if parent.is_dir()
        for path in natural(parent.glob("*"))
        if path.is_file() and is_mask(path)
    ]


def _stray_masks(places: Sequence[Place], leaving: Collection[Path]) -> list[str]:
    """Masks of an earlier saving beside those that are due: kohya refuses more masks than pictures."""
    due = {place.mask for place in places if place.has_mask}
    there = [path for folder in sorted({mask.parent for mask in due}) if folder.is_dir() for path in folder.iterdir()]
    return [
        f"{MASKS}/{path.name} is the mask of no picture of the dataset; move it or choose another folder."
        for path in natural(iter(there))
        if path not in due and path not in leaving and path.suffix.lower() in SUFFIXES
    ]


def escapes(places: Sequence[Place], folder: Path) -> list[str]:
    """Folders in `folder` that link to elsewhere: nothing is written through them."""
    root = folder.resolve()
    parents = sorted({place.picture.parent for place in places})
    return [
        f"{parent} links to another place; remove the link or choose another folder."
        for parent in parents
        if not lies_in(parent, root)
    ]


def clashes(place: Place, trigger: str) -> Iterator[str]:
    """What saving would undo: another picture, a caption edited by hand."""
    if not place.stays and place.picture.exists() and not holds(place.picture, place.sample):
        yield f"{place.name} is there already with another picture; choose another folder or allow overwriting."
    if not (has_no_caption(place) or has_caption(place, trigger)):
        yield f"{place.name} is there already with another caption; choose another folder or allow overwriting."


def has_no_caption(place: Place) -> bool:
    return not any(place.picture.with_suffix(suffix).exists() for suffix in CAPTION_SUFFIXES)


def has_caption(place: Place, trigger: str) -> bool:
    """Whether the sample's caption lies there, ai-toolkit's placeholders filled in."""
    try:
        text = caption_beside(place.picture)
    except DatasetError:
        return False
    return text is not None and with_trigger(text, trigger) == caption_text(place.sample)


def holds(path: Path, sample: Sample) -> bool:
    """Whether the file at `path` is what saving `sample` would write, pixel by pixel."""
    try:
        there = load_picture(path, sample.matte)
    except DatasetError:
        return False
    if pixel_sha256(there.rgb) != sample.sha256:
        return False
    if not sample.masked or sample.mask is not None:
        return there.mask is None
    mask = load_picture(sample.path, sample.matte).mask
    return (mask and mask.tobytes()) == (there.mask and there.mask.tobytes())


def _numbered(samples: Sequence[Sample]) -> list[tuple[Sample, str]]:
    width = max(3, len(str(len(samples))))
    return [(sample, f"{number:0{width}d}.png") for number, sample in enumerate(samples, 1)]


def _masked(places: list[Place]) -> list[Place]:
    """Mask files for all training pictures or none: kohya refuses a set where some lack one, and ai-toolkit learns
    nothing of such a picture in a batch with masks."""
    is_masked = any(place.sample.mask is not None for place in places if place.sample.split == "train")
    return [
        replace(place, has_mask=is_masked if place.sample.split == "train" else place.sample.mask is not None)
        for place in places
    ]


def words_of(dataset: Dataset) -> str:
    """`sage woman`, as kohya's trainers read a folder's name; a class word that says nothing stays out of it."""
    return dataset.trigger if dataset.subject in ("", ANY_SUBJECT) else f"{dataset.trigger} {dataset.subject}"


def _kohya(sample: Sample, name: str, folder: Path, words: str) -> Place:
    root = folder / HELD_OUT if sample.split == "held_out" else folder
    if root != folder and sample.repeats == 1:
        return Place(sample, root / name)
    bad = _NOT_IN_NAMES.intersection(words)
    if bad or not words.isprintable() or words.endswith((".", " ")):
        what = "trigger" if " " not in words else "trigger and class word"
        raise DatasetError(f"The {what} {words!r} cannot name a folder; use letters, digits and _ only.")
    if fault := file_name_fault(f"{sample.repeats}_{words}"):
        raise DatasetError(fault)
    return Place(sample, root / f"{sample.repeats}_{words}" / name)
