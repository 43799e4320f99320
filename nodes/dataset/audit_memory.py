"""Audits of this session: a decision on the node must not make it look at every picture again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ..host.page import is_cancelled

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ..panel.progress import Progress
    from ..readers import Readers

_MOST = 4
_kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()


def look_over(dataset: Dataset, readers: Readers, rules: Any, progress: Progress) -> Any:
    """The audit of `dataset`, from memory when these pictures were looked at before by the same readers."""
    from ...trainer.dataset.audit.audit import audit

    key = (
        dataset.fingerprint(),
        tuple(sample.path for sample in dataset.samples),
        tuple(sample.matte for sample in dataset.samples),
        readers.name,
        rules.side,
    )
    if key not in _kept or readers.is_wired:
        _kept[key] = audit(
            dataset,
            faces=readers.faces,
            attributes=readers.attributes,
            rules=rules,
            progress=progress,
            cancelled=is_cancelled,
        )
    _kept.move_to_end(key)
    while len(_kept) > _MOST:
        _kept.popitem(last=False)
    return _kept[key]
