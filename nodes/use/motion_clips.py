"""What is wired into Check motion as clips: frames, or what samples them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...trainer.errors import RunError
from ..host.images import from_frame

if TYPE_CHECKING:
    import torch

    from ...trainer.scoring.motion.frames import Frames

_PARTS = ("model", "clip", "vae", "latent")
_A_CLIP = 8
"""Frames from which a batch in a list is a clip of its own, and no part of one."""


def is_sampled(frames: Sequence[torch.Tensor], sampling: Mapping[str, Any]) -> bool:
    """Whether the node draws the clip itself; RunError where neither way, or both, are wired."""
    wired = [name for name in _PARTS if sampling.get(name)]
    if frames and wired:
        raise RunError("Wire frames, or model, clip, vae and latent to sample them here; not both.")
    if not frames and len(wired) < len(_PARTS):
        missing = ", ".join(name for name in _PARTS if name not in wired)
        raise RunError(
            "There is no clip to check: wire frames, such as VAE Decode gives of a video, or model, clip, vae and "
            f"latent to sample one here ({missing} not wired)."
        )
    return not frames


def sampled_clips(sampling: Mapping[str, Sequence[Any]]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The clip that KSampler draws of what is wired, and the same by the model without the LoRA where there is one."""
    from ..host.clip import HostClip

    told = {name: given[0] for name, given in sampling.items() if given}
    without = told.pop("model_without_lora", None)
    model, names = told.pop("model"), (told.pop("sampler", "euler"), told.pop("scheduler", "normal"))
    how = HostClip(**told, sampling=names)
    return [how.frames(model)], [how.frames(without)] if without is not None else []


def wired_clips(batches: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """IMAGEs (n, h, w, c), one a clip: a list of whole clips, or of the parts of one."""
    if len(batches) < 2 or all(len(batch) >= _A_CLIP for batch in batches):
        return list(batches)
    if len({batch.shape[1:3] for batch in batches}) > 1:
        raise RunError("The frames in the list differ in size; give those of one clip.")
    import torch

    return [torch.cat([batch[..., :3] for batch in batches])]


def frames_of_batch(number: int, batch: torch.Tensor) -> Frames:
    """An IMAGE as a clip, its frames opened one by one."""
    from ...trainer.scoring.motion.frames import Frames

    return Frames(
        name=f"clip {number}",
        count=len(batch),
        pictures=lambda: (from_frame(frame[..., :3]) for frame in batch),
    )
