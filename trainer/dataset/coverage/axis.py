"""One axis of coverage: which pictures fill which bucket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import DatasetError
from ...storage.values import checked_values


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Pictures by bucket, as sha256; buckets nobody fills are there and empty. `by` says who or what measured."""

    name: str
    by: str
    buckets: Mapping[str, tuple[str, ...]]
    unmeasured: tuple[str, ...] = ()

    @property
    def measured(self) -> int:
        return sum(len(held) for held in self.buckets.values())

    @property
    def filled(self) -> int:
        return sum(1 for held in self.buckets.values() if held)

    @property
    def largest(self) -> tuple[str, float] | None:
        """The fullest bucket and its share of what was measured."""
        if not self.measured:
            return None
        name = max(self.buckets, key=lambda bucket: len(self.buckets[bucket]))
        return name, len(self.buckets[name]) / self.measured

    @property
    def empty(self) -> tuple[str, ...]:
        """Buckets no picture fills; none as long as nothing was measured."""
        return tuple(name for name, held in self.buckets.items() if not held) if self.measured else ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Axis":
        known = checked_values(cls, data, DatasetError)
        known["buckets"] = {name: tuple(held) for name, held in known["buckets"].items()}
        known["unmeasured"] = tuple(known.get("unmeasured", ()))
        return cls(**known)
