"""The whole build in order; each stage leaves its result in a work folder, so that a stopped build goes on."""

# torch, diffusers and onnx leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...families.registry import load_family
from ...families.sd.model import StableDiffusion
from .. import sizes
from ..assets import ADAPTER, demo_base
from ..reader import DemoReader
from ..world.draw import draw, draw_empty
from ..world.identity import VECTOR_SIZE, random_identity
from ..world.look import random_look
from .adapter import Portraits, portraits, save_adapter, train_adapter
from .base import Lessons, encode_lessons, encoded, train_base
from .course import Course
from .flow import frozen_encoders, train_flow
from .networks import export
from .reader import softened, train_detector, train_reader
from .save import save_base, save_flow
from .vae import Round, fitted, train_vae, widened
from .world import World, draw_world

_FEW, _HEARD = 200, 2000
"""Pictures that the flow base's autoencoder is made wider and fitted by, and that its decoder learns from."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of everything; the shipped assets were made with the defaults on two CPU cores (see `log.txt`)."""

    seed: int = 11
    vae_pictures: int = 12_000
    vae_rounds: tuple[Round, ...] = (
        Round(crop_steps=2600, full_steps=700, lr=1.5e-3),
        Round(crop_steps=0, full_steps=1000, lr=1.2e-3),
    )
    known_pictures: int = 12_000
    per_known: int = 40
    stranger_pictures: int = 12_000
    base: Course = Course(steps=7000, lr=1e-3)
    flow_pictures: int = 6_000
    flow_decoder: Round = Round(crop_steps=0, full_steps=240, lr=4e-4)
    flow: Course = Course(steps=4500, lr=1.5e-3)
    reader_pictures: int = 16_000
    soft_pictures: int = 3_000
    reader_steps: int = 1_600
    detector_steps: int = 500
    others: int = 200
    adapter_pictures: int = 8_000
    adapter: Course = Course(steps=3000, lr=2e-3, until=500)


QUICK = Plan(
    vae_pictures=200,
    vae_rounds=(Round(crop_steps=3, full_steps=2, lr=1e-3),),
    known_pictures=32,
    stranger_pictures=32,
    base=Course(steps=3, lr=1e-3),
    flow_pictures=16,
    flow_decoder=Round(crop_steps=0, full_steps=2, lr=1e-3),
    flow=Course(steps=3, lr=1e-3),
    reader_pictures=64,
    soft_pictures=16,
    reader_steps=3,
    detector_steps=3,
    others=4,
    adapter_pictures=4,
    adapter=Course(steps=3, lr=1e-3),
)
"""Runs every stage in seconds; the result is noise."""


def build(assets: Path, work: Path, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Make the SDXL base, reader, other people's embeddings and adapter in `assets`; gives seconds by stage."""
    work.mkdir(parents=True, exist_ok=True)
    assets.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}
    vae = _timed("vae", seconds, say, lambda: _vae(work, plan, say))
    _timed("base", seconds, say, lambda: _base(assets, work, vae, plan, say))
    _timed("reader", seconds, say, lambda: _reader(assets, vae, plan, say))
    _timed("others", seconds, say, lambda: _others(assets, plan))
    return {**seconds, **build_adapter(assets, work, plan, say)}


def build_adapter(assets: Path, work: Path, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Make the adapter for the SDXL base in `assets`, of the faces that the reader there reads."""
    work.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}
    lessons: Portraits = _timed("portraits", seconds, say, lambda: _portraits(assets, work, plan))
    _timed("adapter", seconds, say, lambda: _adapter(assets, work, lessons, plan, say))
    return seconds


def build_flow(assets: Path, work: Path, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Make the flow base from the SDXL one in `assets`: its autoencoder made wider, its text encoders as they are."""
    work.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}
    known = draw_world(plan.flow_pictures, plan.seed + 10, plan.per_known)
    strangers = draw_world(plan.flow_pictures, plan.seed + 11, per_person=2)
    vae = _timed("flow vae", seconds, say, lambda: _flow_vae(assets, work, strangers, plan, say))
    lessons = _flow_lessons(work, known, strangers, vae, plan)
    _timed("flow", seconds, say, lambda: _flow(assets, work, lessons, vae, plan, say))
    return seconds


def _timed(name: str, seconds: dict[str, float], say: Callable[[str], None], stage: Callable[[], Any]) -> Any:
    started = time.monotonic()
    made = stage()
    seconds[name] = round(time.monotonic() - started, 1)
    say(f"{name} took {seconds[name]} s")
    return made


def _vae(work: Path, plan: Plan, say: Callable[[str], None]) -> Any:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    world = None
    vae: Any = None
    for number, stage in enumerate(plan.vae_rounds):
        folder = work / f"vae_{number}"
        if not folder.exists():
            world = world or draw_world(plan.vae_pictures, plan.seed)
            torch.manual_seed(plan.seed)
            vae = AutoencoderKL(**sizes.VAE) if vae is None else vae.train()
            train_vae(world, vae, plan.seed + number, stage, say).save_pretrained(folder)
        vae = AutoencoderKL.from_pretrained(folder)
    return vae.eval()


def _base(assets: Path, work: Path, vae: Any, plan: Plan, say: Callable[[str], None]) -> None:
    kept = work / "lessons.pt"
    if not kept.exists():
        known = draw_world(plan.known_pictures, plan.seed + 10, plan.per_known)
        strangers = draw_world(plan.stranger_pictures, plan.seed + 11, per_person=2)
        encode_lessons(known, strangers, vae, plan.seed + 10).save(kept)
    lessons = Lessons.load(kept)
    scale = 1.0 / float(lessons.latents.std())
    scaled = replace(lessons, latents=lessons.latents * scale)
    model = train_base(scaled, plan.seed + 10, plan.base, work / "base.pt", say)
    save_base(assets / "base", model, vae, scale)


def _flow_vae(assets: Path, work: Path, world: World, plan: Plan, say: Callable[[str], None]) -> Any:
    """The encoder is settled before the decoder learns to hear all of it, so the transformer need not wait for that."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    folder = work / "flow_vae"
    if not folder.exists():
        torch.manual_seed(plan.seed + 10)
        narrow = AutoencoderKL.from_pretrained(assets / "base" / "vae").float().eval()
        few = world.first(_FEW)
        vae = widened(narrow, torch.from_numpy(few.pixels).permute(0, 3, 1, 2).float() / 127.5 - 1)
        vae = fitted(vae, encoded(few, vae))
        vae.encoder.requires_grad_(False)
        train_vae(world.first(_HEARD), vae, plan.seed + 20, plan.flow_decoder, say).save_pretrained(folder)
    return AutoencoderKL.from_pretrained(folder).eval()


def _flow_lessons(work: Path, known: World, strangers: World, vae: Any, plan: Plan) -> Lessons:
    kept = work / "flow_lessons.pt"
    if not kept.exists():
        encode_lessons(known, strangers, vae, plan.seed + 10).save(kept)
    lessons = Lessons.load(kept)
    return replace(lessons, latents=(lessons.latents - vae.config.shift_factor) * vae.config.scaling_factor)


def _flow(assets: Path, work: Path, lessons: Lessons, vae: Any, plan: Plan, say: Callable[[str], None]) -> None:
    encoders = frozen_encoders(assets / "base")
    model = train_flow(lessons, encoders, plan.seed + 10, plan.flow, work / "flow.pt", say)
    save_flow(assets / "flow", model, vae)


def _reader(assets: Path, vae: Any, plan: Plan, say: Callable[[str], None]) -> None:
    world = draw_world(plan.reader_pictures, plan.seed + 20, per_person=2)
    soft = softened(world.first(plan.soft_pictures), vae)
    export(train_reader(world, soft, plan.seed + 20, plan.reader_steps, say), assets / "reader.onnx")
    rng = np.random.default_rng(plan.seed + 21)
    empty = np.stack([np.asarray(draw_empty(random_look(rng), rng)) for _ in range(min(1000, plan.reader_pictures))])
    export(train_detector(world, empty, plan.seed + 21, plan.detector_steps, say), assets / "detector.onnx")


def _portraits(assets: Path, work: Path, plan: Plan) -> Portraits:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    kept = work / "portraits.pt"
    if not kept.exists():
        vae = AutoencoderKL.from_pretrained(assets / "base" / "vae").float().eval()
        world = draw_world(plan.adapter_pictures, plan.seed + 40, per_person=2)
        portraits(world, vae, DemoReader(assets), plan.seed + 40).save(kept)
    return Portraits.load(kept)


def _adapter(assets: Path, work: Path, lessons: Portraits, plan: Plan, say: Callable[[str], None]) -> None:
    family = load_family(demo_base(assets))
    assert isinstance(family, StableDiffusion)
    model = train_adapter(lessons, family, plan.seed + 40, plan.adapter, work / "adapter.pt", say)
    save_adapter(assets / ADAPTER, model)


def _others(assets: Path, plan: Plan) -> None:
    """Embeddings of people who are not the character, four drawings each: the crowd that top-1 is asked against."""
    reader, rng = DemoReader(assets), np.random.default_rng(plan.seed + 30)
    rows: list[np.ndarray] = []
    for _ in range(plan.others):
        person = random_identity(rng)
        drawings = [draw(person, random_look(rng), rng).image for _ in range(4)]
        faces = [face[0].embedding for face in map(reader.faces, drawings) if face]
        if faces:
            mean = np.mean(faces, axis=0)
            rows.append(mean / np.linalg.norm(mean))
    np.save(assets / "others.npy", np.array(rows, np.float16).reshape(-1, VECTOR_SIZE))


def write_log(folder: Path, lines: list[str], seconds: dict[str, Any]) -> None:
    """Keep what the build said beside what it made."""
    (folder / "log.txt").write_text("\n".join([*lines, json.dumps(seconds)]) + "\n", encoding="utf-8")
