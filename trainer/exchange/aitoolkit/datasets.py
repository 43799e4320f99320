"""ai-toolkit's datasets: what of them is a setting of a recipe, and what belongs to the pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ..arguments import several
from ..keys import Keys

_MOST_PIXELS = 1 << 16
_OURS = (
    *("resolution", "caption_dropout_rate", "shuffle_tokens", "keep_tokens", "token_dropout_rate", "alpha_mask"),
    *("mask_min_value", "cache_latents", "cache_latents_to_disk", "buckets", "bucket_tolerance"),
)
"""Settings that are one for all pictures here."""


@dataclass
class Data:
    """Parts of a recipe from the datasets, sizes in pixels, and the rows that are still to be given back."""

    text: dict[str, Any] = field(default_factory=dict[str, Any])
    masks: dict[str, Any] = field(default_factory=dict[str, Any])
    cache: dict[str, Any] = field(default_factory=dict[str, Any])
    sizes: tuple[int, ...] = (512,)
    step: int = 64
    is_bucketed: bool = True
    rows: list[tuple[Keys, str]] = field(default_factory=list[tuple[Keys, str]])


def datasets(process: Keys) -> Data:
    """Of the first dataset that is no regularisation; where another says otherwise, that is told."""
    given = process.raw("datasets")
    found = [cast("Mapping[str, Any]", row) for row in several(given) if isinstance(row, Mapping)]
    if given not in (None, "", []) and not found:
        process.note("datasets", given, "settings of picture folders belong here")
    rows = [(Keys(row, process.file, process.whose), f"datasets[{number}]") for number, row in enumerate(found, 1)]
    first = next((number for number, row in enumerate(found) if not row.get("is_reg")), 0)
    data = _of(rows[first][0]) if rows else Data()
    for number, (inner, _) in enumerate(rows):
        for name in _OURS if number != first else ():
            if found[number].get(name) != found[first].get(name) and not found[number].get("is_reg"):
                inner.leave(name, "set for all folders alike here: the first folder's is taken")
            else:
                inner.changes_nothing(name)
    data.rows = rows
    return data


def _of(row: Keys) -> Data:
    is_masked = row.switch("alpha_mask") or row.peek("mask_path") not in (None, "")
    floor = row.number("mask_min_value", 0.0)
    if not is_masked:
        row.counts_for_nothing("mask_min_value")
    is_on_disk = row.switch("cache_latents_to_disk")
    row.changes_nothing("cache_latents")
    return Data(
        text={
            "dropout": row.number("caption_dropout_rate", 0.0),
            "shuffle": row.switch("shuffle_tokens"),
            "keep_tokens": row.whole("keep_tokens", 0),
            "tag_dropout": row.number("token_dropout_rate", 0.0),
        },
        masks={"masked": is_masked} | ({"mask_floor": floor} if is_masked else {}),
        cache={"cache": "disk" if is_on_disk else "memory"},
        sizes=_sizes(row),
        step=_step(row),
        is_bucketed=row.switch("buckets", True),
    )


def _sizes(row: Keys) -> tuple[int, ...]:
    given = row.raw("resolution")
    sizes = [each for each in several(given) if isinstance(each, int) and 64 <= each <= _MOST_PIXELS]
    if given not in (None, "", []) and len(sizes) != len(several(given)):
        row.note("resolution", given, f"sides like 1024 belong here: {sizes or 512} is taken")
    return tuple(sorted(set(sizes))) or (512,)


def _step(row: Keys) -> int:
    step = row.whole("bucket_tolerance", 64)
    if 8 <= step <= 512 and step % 8 == 0:
        return step
    row.note("bucket_tolerance", step, "sides are multiples of 8 here: 64 is taken")
    return 64


def buckets(data: Data) -> dict[str, Any]:
    """The largest size, and the others beside it."""
    *also, resolution = data.sizes
    step = min(data.step, min(data.sizes) // 8 * 8)
    found: dict[str, Any] = {"resolution": resolution, "step": step, "also": also}
    if not data.is_bucketed:
        return found | {"shortest": resolution, "longest": resolution}
    return found | {"shortest": max(step, resolution // 2), "longest": 2 * resolution}
