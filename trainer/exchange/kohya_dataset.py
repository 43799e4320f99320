"""kohya's dataset TOML (`--dataset_config`): a dataset's folders, repeats, captions, masks and buckets in its words."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..dataset.dataset import Dataset
from ..dataset.files.layout import CAPTION_SUFFIXES
from ..dataset.files.place import words_of
from ..dataset.sample import Sample
from ..errors import DatasetError, few
from ..images.masks import mask_beside
from ..images.picture_file import SUFFIXES
from ..recipe.buckets import at_side, sides_of
from ..recipe.recipe import Recipe
from .kohya.words import bucket_settings

_SAVE = "Save the dataset in kohya folders, load that folder and export it."


def kohya_dataset(recipe: Recipe, dataset: Dataset, regularisation: Dataset | None = None) -> str:
    """The file's text. Masks are named where the recipe's loss heeds them.

    DatasetError for what kohya cannot have: different repeats, captions of two kinds or pictures without a mask file
    in a folder with them, and regularisation pictures beside mask files.
    """
    import tomli_w

    subsets = _subsets(dataset, words_of(dataset))
    if recipe.loss.masked:
        _add_masks(subsets, dataset, regularisation)
    others = _subsets(regularisation, dataset.subject) if regularisation is not None else {}
    whole: dict[str, Any] = {
        "general": {
            "caption_extension": CAPTION_SUFFIXES[0],
            "shuffle_caption": recipe.text.shuffle,
            "keep_tokens": recipe.text.keep_tokens,
        },
        "datasets": [
            {
                "resolution": side,
                "batch_size": recipe.schedule.batch,
                **bucket_settings(at_side(recipe.buckets, side)),
                "subsets": [*subsets.values(), *({**subset, "is_reg": True} for subset in others.values())],
            }
            for side in dict.fromkeys((recipe.buckets.resolution, *recipe.buckets.also))
        ],
    }
    return tomli_w.dumps(whole)


def kohya_dataset_cannot(recipe: Recipe, dataset: Dataset) -> list[str]:
    """Sentences on what the file leaves out, or kohya's trainers read otherwise."""
    return [said for said in (_unheeded(recipe, dataset), _braces(dataset), _grown(recipe, dataset)) if said]


def _grown(recipe: Recipe, dataset: Dataset) -> str:
    sides = {recipe.buckets.resolution, *recipe.buckets.also}
    small = [each for each in dataset.train if len(sides_of((each.width, each.height), recipe.buckets)) < len(sides)]
    if not small:
        return ""
    names = few([sample.path.name for sample in small], 3)
    return f"{len(small)} pictures ({names}) are too small for every size, and kohya scales them up where we skip it."


def _unheeded(recipe: Recipe, dataset: Dataset) -> str:
    masked = sum(sample.masked for sample in dataset.train)
    if not masked or recipe.loss.masked:
        return ""
    return f"The masks of {masked} pictures are left out, as the recipe's loss is not masked; switch masked_loss on."


def _braces(dataset: Dataset) -> str:
    names = [sample.path.name for sample in dataset.train if any("{" in caption for caption in sample.captions)]
    if not names or not any(sample.alternatives for sample in dataset.train):
        return ""
    said = f"{len(names)} captions have braces ({few(names, 3)}), which enable_wildcard reads as a choice"
    return f"{said}; take them out, or double them."


def _subsets(dataset: Dataset, words: str) -> dict[Path, dict[str, Any]]:
    """A subset a folder. Held-out pictures that lie in the same folder would be trained by kohya."""
    folders: dict[Path, list[Sample]] = {}
    for sample in dataset.train:
        folders.setdefault(sample.path.parent.absolute(), []).append(sample)
    held = {sample.path.parent.absolute() for sample in dataset.held_out} & set(folders)
    if held:
        raise DatasetError(
            f"{sorted(held)[0]} holds pictures to train on and held-out ones, which kohya would train too. "
            "Save the dataset, which puts them into folders of their own, and export that."
        )
    return {folder: _subset(folder, samples, words) for folder, samples in sorted(folders.items())}


def _subset(folder: Path, samples: Sequence[Sample], words: str) -> dict[str, Any]:
    repeats = {sample.repeats for sample in samples}
    if len(repeats) > 1:
        raise DatasetError(f"{folder} has pictures of different repeats. Save the dataset and export that.")
    subset: dict[str, Any] = {"image_dir": folder.as_posix(), "num_repeats": repeats.pop(), "class_tokens": words}
    suffixes = {suffix for sample in samples for suffix in _caption_suffix(sample.path)}
    if len(suffixes) > 1:
        raise DatasetError(f"{folder} has captions in .txt and in .caption files, of which kohya reads one. {_SAVE}")
    if suffixes - {CAPTION_SUFFIXES[0]}:
        subset["caption_extension"] = suffixes.pop()
    if any(sample.alternatives for sample in samples):
        subset["enable_wildcard"] = True
    return subset


def _caption_suffix(picture: Path) -> Iterator[str]:
    """The ending of the caption that is read; nothing where there is none."""
    there = [suffix for suffix in CAPTION_SUFFIXES if picture.with_suffix(suffix).is_file()]
    yield from there[:1]


def _add_masks(subsets: Mapping[Path, dict[str, Any]], dataset: Dataset, regularisation: Dataset | None) -> None:
    """`alpha_mask`, or `conditioning_data_dir` where masks are files; such folders have no class tokens with kohya."""
    if not any(sample.mask is not None for sample in dataset.train):
        for subset in subsets.values() if any(sample.masked for sample in dataset.train) else ():
            subset["alpha_mask"] = True
        return
    if regularisation is not None:
        raise DatasetError(
            "kohya's trainers take no regularisation pictures beside mask files; export without them, or turn "
            "masked_loss off."
        )
    masks = [_mask_of(sample, dataset.root.resolve()) for sample in dataset.train]
    _check_extra({mask.resolve() for mask in masks})
    for sample, mask in zip(dataset.train, masks, strict=True):
        subset = subsets[sample.path.parent.absolute()]
        subset.pop("class_tokens", None)
        inside = mask.parent.absolute().as_posix()
        if subset.setdefault("conditioning_data_dir", inside) != inside:
            raise DatasetError(
                f"The masks of {sample.path.parent} lie in several folders, which kohya cannot read. {_SAVE}"
            )


def _mask_of(sample: Sample, root: Path) -> Path:
    """The mask file that kohya finds by the picture's name."""
    mask = mask_beside(sample.path, root)
    is_its_own = sample.mask is None or (mask is not None and mask.resolve() == sample.mask.resolve())
    if mask is None or mask.stem != sample.path.stem or not is_its_own:
        raise DatasetError(
            f"{sample.path.name} has no mask file of its name in a folder beside, which kohya needs. {_SAVE}"
        )
    return mask


def _check_extra(masks: set[Path]) -> None:
    """kohya refuses a folder with more masks than pictures."""
    there = {path.resolve() for folder in {mask.parent for mask in masks} for path in folder.iterdir()}
    extra = sorted(path for path in there - masks if path.suffix.lower() in SUFFIXES)
    if extra:
        raise DatasetError(f"{extra[0]} is the mask of no picture that is trained on, which kohya refuses. {_SAVE}")
