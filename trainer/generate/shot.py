"""What to make a picture of, and the one seam that makes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from PIL import Image

from ..errors import ModelError
from .attachments import Attachment, Control, Identity, Lora, Reference, Start

LARGEST_BATCH = 8
A = TypeVar("A", bound=Attachment)
_ONE_EACH = ((Lora, "LoRA"), (Start, "starting picture"), (Control, "hint"))


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture to make: sizes in pixels, and what it brings beside its words.

    There is at most one Lora, Start and Control, and any number of References and Identities, whose order counts;
    ModelError for more.
    """

    prompt: str
    negative: str = ""
    seed: int = 0
    width: int = 1024
    height: int = 1024
    steps: int = 20
    guidance: float = 5.0
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        for kind, name in _ONE_EACH:
            if (count := len(self._all(kind))) > 1:
                raise ModelError(f"A picture takes one {name}, and this one has {count}; leave one.")

    @property
    def lora(self) -> Lora | None:
        return next(iter(self._all(Lora)), None)

    @property
    def start(self) -> Start | None:
        return next(iter(self._all(Start)), None)

    @property
    def control(self) -> Control | None:
        return next(iter(self._all(Control)), None)

    @property
    def references(self) -> tuple[Reference, ...]:
        return self._all(Reference)

    @property
    def identities(self) -> tuple[Identity, ...]:
        return self._all(Identity)

    @property
    def denoise(self) -> float:
        """1 without a picture to begin from: all of it is noise."""
        return 1.0 if self.start is None else self.start.denoise

    @property
    def batch_key(self) -> "Shot":
        """What shots drawn together must share: all but words, seed and the pixels they start from."""
        attachments = tuple(replace(a, path=Path()) if isinstance(a, Start) else a for a in self.attachments)
        return replace(self, prompt="", negative="", seed=0, attachments=attachments)

    def opened_start(self) -> Image.Image | None:
        """The picture to begin from; None without one. ModelError when it is not of the shot's size."""
        return None if self.start is None else self.start.opened(self.width, self.height)

    def with_lora(self, lora: Lora | None) -> "Shot":
        """The same picture with this LoRA and no other."""
        rest = tuple(a for a in self.attachments if not isinstance(a, Lora))
        return replace(self, attachments=rest if lora is None else (lora, *rest))

    def without(self, *kinds: type[Attachment]) -> "Shot":
        """The same picture without attachments of these kinds."""
        return replace(self, attachments=tuple(a for a in self.attachments if not isinstance(a, kinds)))

    def by_content(self) -> dict[str, Any]:
        """Everything that decides the picture, files by what they hold and not by where they lie, as plain JSON.

        Names and order are those that runs and comparisons of every version name their kept pictures by; what came
        later is named where there is any.
        """
        lora, start, control = self.lora, self.start, self.control
        identities = [[each.content_key, *each.how] for each in self.identities if each.weight]
        later = {"identities": identities} if identities else {}
        return {
            "prompt": self.prompt,
            "negative": self.negative,
            "seed": self.seed,
            "width": self.width,
            "height": self.height,
            "steps": self.steps,
            "guidance": self.guidance,
            "lora": None if lora is None else lora.content_key,
            "strength": 1.0 if lora is None else lora.strength,
            "start": None if start is None else start.content_key,
            "denoise": self.denoise,
            "references": [one.content_key for one in self.references],
            "hint": None if control is None else control.content_key,
            **later,
        }

    def _all(self, kind: type[A]) -> tuple[A, ...]:
        return tuple(one for one in self.attachments if isinstance(one, kind))


class Generator(Protocol):
    """Makes pictures of shots: our own weights headless, the host's sampler in the graph, a fake in tests."""

    @property
    def supports(self) -> frozenset[type[Attachment]]:
        """The attachments that it heeds; a shot with any other is refused with a ModelError."""
        ...

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """Yield one RGB picture a shot, in order. Shots of one `batch_key` that follow each other may share a batch."""
        ...


def batches(shots: Sequence[Shot], largest: int = LARGEST_BATCH) -> Iterator[tuple[Shot, ...]]:
    """Neighbours of one batch key, at most `largest` together, in order."""
    for _, group in groupby(shots, key=lambda shot: shot.batch_key):
        while batch := tuple(islice(group, largest)):
            yield batch
