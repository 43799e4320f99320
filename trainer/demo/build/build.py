"""The whole build in order; each stage leaves its result in a work folder, so that a stopped build goes on."""

# torch, diffusers and onnx leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import sizes
from ..reader import DemoReader
from ..world.draw import draw, draw_empty
from ..world.identity import VECTOR_SIZE, random_identity
from ..world.look import random_look
from .base import Course, Lessons, encode_lessons, train_base
from .networks import export
from .reader import softened, train_detector, train_reader
from .save import save_base
from .vae import Round, train_vae
from .world import draw_world


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
    reader_pictures: int = 16_000
    soft_pictures: int = 3_000
    reader_steps: int = 1_600
    detector_steps: int = 500
    others: int = 200


QUICK = Plan(
    vae_pictures=200,
    vae_rounds=(Round(crop_steps=3, full_steps=2, lr=1e-3),),
    known_pictures=32,
    stranger_pictures=32,
    base=Course(steps=3, lr=1e-3),
    reader_pictures=64,
    soft_pictures=16,
    reader_steps=3,
    detector_steps=3,
    others=4,
)
"""Runs every stage in seconds; the result is noise."""


def build(assets: Path, work: Path, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Make base, reader and other people's embeddings in `assets`; gives seconds by stage."""
    work.mkdir(parents=True, exist_ok=True)
    assets.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}

    def timed(name: str, stage: Callable[[], Any]) -> Any:
        started = time.monotonic()
        made = stage()
        seconds[name] = round(time.monotonic() - started, 1)
        say(f"{name} took {seconds[name]} s")
        return made

    vae = timed("vae", lambda: _vae(work, plan, say))
    timed("base", lambda: _base(assets, work, vae, plan, say))
    timed("reader", lambda: _reader(assets, vae, plan, say))
    timed("others", lambda: _others(assets, plan))
    return seconds


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
    if kept.exists():
        latents, weights, ids, scale = torch.load(kept, weights_only=True)
        lessons = Lessons(latents, weights, ids)
    else:
        known = draw_world(plan.known_pictures, plan.seed + 10, plan.per_known)
        strangers = draw_world(plan.stranger_pictures, plan.seed + 11, per_person=2)
        lessons, scale = encode_lessons(known, strangers, vae, plan.seed + 10)
        torch.save((lessons.latents, lessons.weights, lessons.ids, scale), kept)
    model = train_base(lessons, plan.seed + 10, plan.base, work / "base.pt", say)
    save_base(assets / "base", model, vae, scale)


def _reader(assets: Path, vae: Any, plan: Plan, say: Callable[[str], None]) -> None:
    world = draw_world(plan.reader_pictures, plan.seed + 20, per_person=2)
    soft = softened(world.first(plan.soft_pictures), vae)
    export(train_reader(world, soft, plan.seed + 20, plan.reader_steps, say), assets / "reader.onnx")
    rng = np.random.default_rng(plan.seed + 21)
    empty = np.stack([np.asarray(draw_empty(random_look(rng), rng)) for _ in range(min(1000, plan.reader_pictures))])
    export(train_detector(world, empty, plan.seed + 21, plan.detector_steps, say), assets / "detector.onnx")


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


def write_log(assets: Path, lines: list[str], seconds: dict[str, Any]) -> None:
    """Keep what the build said beside what it made."""
    (assets / "log.txt").write_text("\n".join([*lines, json.dumps(seconds)]) + "\n", encoding="utf-8")
