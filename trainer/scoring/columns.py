"""What is drawn with each candidate, and what was seen of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import DatasetError, RunError
from ..images.pixels import load_rgb
from ..training.run.events import HeldOut
from ..training.run.losses import losses_of_run
from .drawing import ColumnShots, picture_path
from .plan.candidate import Candidate
from .plan.compare_plan import ComparePlan
from .reading.observation import CheckpointImages, Observation
from .reading.readers import Picture, Seen
from .reading.readings import stamped

CONTROL = "No LoRA"


@dataclass(frozen=True, kw_only=True)
class Column:
    """What to draw with one candidate, None for the control. `losses` are those up to its step."""

    label: str
    candidate: Candidate | None
    shots: ColumnShots
    strength: float
    losses: tuple[HeldOut, ...] = ()

    @classmethod
    def of(cls, plan: ComparePlan, candidate: Candidate | None, base: str) -> "Column":
        """At the candidate's own strength or else the plan's. ModelError when its file cannot be read."""
        if candidate is None:
            shots = ColumnShots.of(plan, None, base)
            return cls(label=CONTROL, candidate=None, shots=shots, strength=plan.strength)
        strength = plan.strength if candidate.strength is None else candidate.strength
        return cls(
            label=candidate.label,
            candidate=candidate,
            shots=ColumnShots.of(plan, candidate.path, base, strength),
            strength=strength,
            losses=_losses(candidate),
        )

    @property
    def told(self) -> list[str | int | float | None]:
        """What a report tells of the column besides its pictures."""
        who = self.candidate
        named = [who.step, who.seed, who.path.name] if who else [None, None, None]
        return [self.label, *named, self.strength]

    def pictures(self, out: Path) -> list[Picture]:
        """To be read, in order of the shots; all must have been drawn."""
        paths = [(key, out / picture_path(key)) for key in self.shots.keys]
        return [Picture(key=stamped(key, path), opens=_Opener(path)) for key, path in paths]

    @property
    def _file(self) -> str:
        """Names what its LoRA holds; "" for the control."""
        lora = self.shots.requests[0].shot.lora
        return lora.content_key if lora else ""

    def images(self, seen: Sequence[Seen], *, is_known: bool) -> CheckpointImages:
        """What was seen in its pictures; `is_known` where faces have somebody to be like."""
        drawn = zip(self.shots.requests, self.shots.keys, seen, strict=True)
        observed = [_observation(request.what, request.shot.seed, key, each, is_known) for request, key, each in drawn]
        return CheckpointImages(
            label=self.label,
            step=self.candidate and self.candidate.step,
            seed=self.candidate and self.candidate.seed,
            strength=self.strength,
            lora=self.candidate and self.candidate.path.name,
            file=self._file,
            losses=self.losses,
            observations=sorted(observed, key=lambda each: each.key),
        )


@dataclass(frozen=True)
class _Opener:
    path: Path

    def __call__(self) -> Image.Image:
        try:
            return load_rgb(self.path)
        except DatasetError as fault:
            # Whole by its ends and broken within: no run would ever draw it anew while it lies there.
            self.path.unlink(missing_ok=True)
            raise RunError(f"{self.path} is damaged and was taken away; run again, and it is drawn anew.") from fault


def _observation(probe: int, seed: int, key: str, seen: Seen, is_known: bool) -> Observation:
    face = seen.face
    has_identity = face is not None and face.embedding.size > 0 and is_known
    return Observation(
        probe=probe,
        seed=seed,
        path=picture_path(key),
        embedding=np.asarray(face.embedding, dtype=np.float64) if face is not None and has_identity else None,
        faces=seen.faces,
        read=seen.words,
        small=seen.small,
        yaw=face and face.yaw,
        pitch=face and face.pitch,
        mouth_open=face and face.mouth_open,
        eyes_closed=face and face.eyes_closed,
        described=seen.described,
        is_broken=seen.is_broken,
    )


def _losses(candidate: Candidate) -> tuple[HeldOut, ...]:
    """Those of its run up to its step."""
    if candidate.run is None or candidate.step is None:
        return ()
    return tuple(row for row in losses_of_run(candidate.path) if row.step <= candidate.step)
