"""`bench motion`: a motion module learns on the demo base from drawn clips, and is checked beside an untrained one.

The file has the layout of AnimateDiff's in diffusers' names. Only the module learns; all frames of a clip are at one
noise level, each with noise of its own, as AnimateDiff is trained (Guo et al. 2023, section 4.2).
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..demo.assets import demo_base, demo_reader
from ..demo.world.captions import caption
from ..demo.world.draw import SIZE, draw
from ..demo.world.identity import Identity, random_identity
from ..demo.world.look import Look, random_look
from ..families.registry import load_family
from ..generate.clip.clip import Clip
from ..generate.clip.file import MotionModule
from ..generate.clip.local import LocalClipGenerator
from ..generate.clip.mount import mounted
from ..generate.clip.names import MotionLayout
from ..generate.shot import Shot
from ..recipe.buckets import Placement
from ..runtime.work import follow
from ..scoring.motion.check import check_motion
from ..scoring.motion.frames import frames_of
from ..storage.tensor_file import write_tensors

FRAMES, STEPS, LR, WARMUP = 8, 400, 1.5e-3, 30
_LAYOUT = MotionLayout(widths=(96, 96), layers=1, depth=1, longest=32, has_middle=False)
_PEOPLE = 4
_REFERENCES = 8
_DEAD, _NAMELESS = 0.1, 0.1
"""Parts of the clips without any words, and without words on the person."""


def bench_motion(out: Path | None = None, steps: int = STEPS) -> dict[str, Any]:
    """Measures of clips of described people, by the untrained module and by the trained one, which is kept in `out`."""
    with tempfile.TemporaryDirectory() as scratch:
        home = out or Path(scratch)
        untrained, trained = home / "untrained.safetensors", home / "motion.safetensors"
        _save(untrained, _begun())
        if not trained.is_file():
            _save(trained, learned(steps))
        return {path.stem: _checked(path) for path in (untrained, trained)}


def learned(steps: int) -> Any:
    """diffusers' MotionAdapter after so many clips of 8 frames."""
    family: Any = load_family(demo_base())
    modules = _begun().requires_grad_(True)
    optimizer: Any = torch.optim.AdamW(modules.parameters(), lr=LR, weight_decay=0.0)
    rng, source = np.random.default_rng(0), torch.Generator().manual_seed(0)
    placements = [Placement((SIZE, SIZE), (SIZE, SIZE), (0, 0), (SIZE, SIZE))] * FRAMES
    with mounted(family, MotionModule(Path(), _LAYOUT, modules)) as working:
        working.frames = FRAMES
        for step in range(steps):
            clean, words = _lesson(family, rng)
            time = torch.randint(len(family.signal), (), generator=source)
            kept = family.signal[time]
            noise = torch.randn(clean.shape, generator=source)
            noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
            conditions = [family.encode_text(words)] * FRAMES
            predicted = family.predict(noisy, time.double() / len(family.signal), conditions, placements)
            optimizer.param_groups[0]["lr"] = LR * min(1.0, (step + 1) / WARMUP)
            optimizer.zero_grad()
            loss: Any = torch.nn.functional.mse_loss(predicted.float(), noise)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
            optimizer.step()
    return modules


def _begun() -> Any:
    """A module that adds nothing yet: its last layers are zeros, as AnimateDiff's begin."""
    from diffusers.models.unets.unet_motion_model import MotionAdapter

    kind: Any = MotionAdapter
    chance: Any = torch.random
    with chance.fork_rng(devices=[]):
        chance.manual_seed(0)
        modules = kind(**_LAYOUT.config)
    for name, parameter in modules.named_parameters():
        if ".proj_out." in name:
            torch.nn.init.zeros_(parameter)
    return modules


def _lesson(family: Any, rng: np.random.Generator) -> tuple[Tensor, str]:
    """Latents of a clip of somebody who turns and walks, and what is told of it."""
    who, look = random_identity(rng), replace(random_look(rng), turn="front")
    turns, places, still = _way(rng, 0.9), _way(rng, 6.0), int(rng.integers(1 << 30))
    frames = [_frame(who, look, still, turn, aside) for turn, aside in zip(turns, places, strict=True)]
    with torch.no_grad():
        moments = torch.stack([family.encode_image(frame) for frame in frames])
        clean = family.codec.to_model(moments.chunk(2, dim=1)[0])
    words = "" if rng.random() < _DEAD else caption([] if rng.random() < _NAMELESS else who.words(), look)
    return clean, words


def _way(rng: np.random.Generator, reach: float) -> list[float]:
    """From anywhere within reach to anywhere else, evenly."""
    start, end = rng.uniform(-reach, reach, 2)
    return [float(start + (end - start) * number / (FRAMES - 1)) for number in range(FRAMES)]


def _frame(who: Identity, look: Look, still: int, turn: float, aside: float) -> Image.Image:
    """One seed for a clip: nothing but the person moves."""
    return draw(who, look, np.random.default_rng(still), turn=turn, aside=aside).image


def _save(path: Path, modules: Any) -> None:
    tensors = {name: tensor.detach().half() for name, tensor in modules.state_dict().items()}
    write_tensors(path, tensors, {"format": "pt"})


def _checked(path: Path) -> dict[str, Any]:
    """Mean measures over clips of a few people whom the prompt describes."""
    generator, rng = LocalClipGenerator(demo_base(), path), np.random.default_rng(7)
    told: list[dict[str, Any]] = []
    for number in range(_PEOPLE):
        who = random_identity(rng)
        references = [draw(who, random_look(rng), rng).image for _ in range(_REFERENCES)]
        look = replace(random_look(rng), turn="front")
        shot = Shot(prompt=caption(who.words(), look), seed=number, width=SIZE, height=SIZE, guidance=4.0)
        frames = list(generator.generate_clip(Clip(shot=shot, frames=FRAMES)))
        report = follow(check_motion([frames_of(path.stem, frames)], references, demo_reader())).report
        told.append({"verdicts": list(report.kinds), **report.clip.to_json()})
    return {"verdicts": [one["verdicts"] for one in told], **{name: _mean(told, name) for name in _SHOWN}}


_SHOWN = ("identity", "hold", "flicker", "light_flicker", "movement")


def _mean(told: Sequence[dict[str, Any]], name: str) -> float | None:
    values = [one[name]["value"] for one in told if one[name] is not None]
    return round(float(np.mean(values)), 3) if values else None
