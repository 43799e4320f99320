"""What came of making variants: the new dataset, and figures by style."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...dataset.dataset import Dataset
from ..rounds import mean
from .denoise import StyleDenoise
from .plan import VariantJob
from .renderer import VariantAttempt


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A variant that could not be made, and why its last attempt failed."""

    job: VariantJob
    why: str

    @property
    def sentence(self) -> str:
        return f"{self.job.source.path.name} as {self.job.style.prompt}: {self.why}."


@dataclass(frozen=True, kw_only=True)
class StyleFigures:
    """One style: what was tried on the way to its denoise, how many variants were kept and dropped, their means."""

    found: StyleDenoise
    kept: int
    dropped: int
    drawn: int
    identity: float | None
    shift: float | None
    look: float | None

    @classmethod
    def of(
        cls,
        found: StyleDenoise,
        tried: Sequence[VariantAttempt],
        kept: Sequence[VariantAttempt],
        dropped: Sequence[Dropped],
    ) -> "StyleFigures":
        """Of one style, picked from every attempt, all that were kept and all that were dropped."""
        mine = [attempt.verdict for attempt in kept if attempt.job.style == found.style]
        return cls(
            found=found,
            kept=len(mine),
            dropped=sum(drop.job.style == found.style for drop in dropped),
            drawn=len({attempt.kept.sha256 for attempt in tried if attempt.job.style == found.style}),
            identity=mean([verdict.identity for verdict in mine]),
            shift=mean([verdict.shift for verdict in mine]),
            look=mean([verdict.look for verdict in mine]),
        )

    @property
    def sentence(self) -> str:
        name, denoise = self.found.style.prompt, self.found.denoise
        if denoise is None:
            return f"{name}: left out, {_why(self.found)}."
        parts = [f"denoise {denoise:.2f}", f"{self.kept} kept"]
        parts += [f"{self.dropped} dropped"] if self.dropped else []
        parts += [f"face {self.identity:.2f}"] if self.identity is not None else []
        parts += [f"style {self.look:+.2f} over 3d render"] if self.look is not None else []
        return f"{name}: {', '.join(parts)}."

    def to_json(self) -> dict[str, Any]:
        return {
            "style": self.found.style.prompt,
            "denoise": self.found.denoise,
            "rungs": [asdict(step) for step in self.found.steps],
            **{name: getattr(self, name) for name in ("kept", "dropped", "drawn", "identity", "shift", "look")},
        }


@dataclass(frozen=True, kw_only=True)
class VariantResult:
    """`dataset` holds originals and variants with their repeats; `kept` are the variants in its order."""

    dataset: Dataset
    kept: tuple[VariantAttempt, ...]
    dropped: tuple[Dropped, ...]
    styles: tuple[StyleFigures, ...]
    texts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "styles": [style.to_json() for style in self.styles],
            "dropped": [{"source": one.job.source.path.name, "style": one.job.style.prompt, "why": one.why}
                        for one in self.dropped],
            "texts": list(self.texts),
        }  # fmt: skip


def notes(kept: Sequence[VariantAttempt]) -> list[str]:
    """What is to be known of kept variants, once each with how many it is true of."""
    said = Counter("faces that read low" if a.verdict.identity is not None else "no face found"
                   for a in kept if a.verdict.note)  # fmt: skip
    return [f"{count} drawings kept with {what}: look at them." for what, count in said.items()]


def _why(found: StyleDenoise) -> str:
    if not found.steps:
        return "nothing was tried"
    lowest = found.steps[-1]
    seen = "" if lowest.identity is None else f", faces at {lowest.identity:.2f}"
    look = "" if lowest.look is None else f", style {lowest.look:+.2f} over 3d render"
    return f"{lowest.kept} of {lowest.tried} could be kept even at denoise {lowest.denoise:.2f}{seen}{look}"
