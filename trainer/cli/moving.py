"""Clips that `motion --run` draws: a run's LoRA and its base without it, moved by the same motion module and seeds."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from ..dataset.sample_pixels import open_sample
from ..demo.assets import demo_family
from ..demo.settings import SIZE
from ..errors import DatasetError, ModelError, RunError
from ..families.base import Base
from ..families.options import FamilyOptions
from ..families.registry import spec_of
from ..families.residence import Residence
from ..generate.attachments import Lora
from ..generate.clip.clip import Clip, ClipGenerator
from ..generate.clip.local import LocalClipGenerator
from ..generate.shot import Shot
from ..images.picture_file import write_picture
from ..recipe.recipe import Recipe
from ..scoring.motion.frames import Frames, read_frames
from ..scoring.motion.seen import FEWEST_FRAMES
from ..storage.file_hash import file_sha256
from ..storage.values import key_of, read_json
from ..training.run.folder import RunFolder, read_run
from .folder import read
from .progress import progress, say

_PROMPT = "{trigger}, {subject}, turning the head, smiling"


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What to check, against whom, and the folder for what is told of it. `base` is known where it drew the clips."""

    clips: Sequence[Frames]
    control: Sequence[Frames]
    references: Sequence[Image.Image]
    out: Path | None
    base: Base | None = None


def drawn_clips(options: Namespace) -> Asked:
    """Draw what is not there yet into `--out`, or into the run; a LikenessError says what is missing, where that can be
    known before anything is drawn."""
    _refuse(options)
    dataset, base = read_run(options.run)
    recipe = Recipe.from_json(read_json(options.run / "recipe.json", RunError))
    samples = read(options, options.references).samples if options.references else dataset.held_out or dataset.samples
    references = [open_sample(one) for one in samples]
    lora = Lora(path=options.lora or _last(options.run), strength=options.strength)
    say(f"Drawing with {lora.path.name}.")
    residence = Residence(device=options.device, precision="fp32" if options.device == "cpu" else "bf16")
    family = FamilyOptions() if demo_family(base) else FamilyOptions.of(recipe)
    generator = LocalClipGenerator(base, options.motion_module, residence, family)
    bare = _clips(options, base, recipe, dataset.trigger, dataset.subject)
    known = [_with(clip, lora) for clip in bare]
    out: Path = options.out or options.run / "motion"
    drawing = _Drawing(
        generator,
        out / "clips",
        f"{base.sha256} {file_sha256(options.motion_module)} {residence.precision}",
    )
    clips, control = drawing.drawn([*known, *bare], len(known))
    generator.release()
    return Asked(clips=clips, control=control, references=references, out=out, base=base)


def _refuse(options: Namespace) -> None:
    if options.motion_module is None:
        raise ModelError("Name the AnimateDiff module to move the pictures with: --motion-module mm_sd_v15_v2.ckpt.")
    if options.control:
        raise DatasetError("--run draws the clip without the LoRA itself; leave --control out.")
    if options.frames < FEWEST_FRAMES or options.seeds < 1:
        raise DatasetError(
            f"{options.seeds} clips of {options.frames} frames are too few: drift and flicker need --frames "
            f"{FEWEST_FRAMES} or more, and --seeds 1 or more."
        )


@dataclass(frozen=True)
class _Drawing:
    """Draws clips into folders named by what decides them: one whose frames are all there is not drawn again."""

    generator: ClipGenerator
    folder: Path
    weights: str

    def drawn(self, clips: Sequence[Clip], known: int) -> tuple[list[Frames], list[Frames]]:
        """The first `known` are the LoRA's, the rest the base's."""
        folders = [self.folder / key_of("clip", self.weights, clip.by_content())[:16] for clip in clips]
        with progress("drawing clips") as report:
            for number, (clip, folder) in enumerate(zip(clips, folders, strict=True), 1):
                if len(list(folder.glob("*.png"))) < clip.frames:
                    self._draw(clip, folder)
                report(number, len(clips), folder.name)
        named = zip(clips, folders, strict=True)
        frames = [replace(read_frames(folder), name=f"seed {clip.shot.seed}") for clip, folder in named]
        return frames[:known], frames[known:]

    def _draw(self, clip: Clip, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(self.generator.generate_clip(clip)):
            write_picture(folder / f"{number:04}.png", frame)


def _clips(options: Namespace, base: Base, recipe: Recipe, trigger: str, subject: str) -> list[Clip]:
    spec, is_demo = spec_of(base), demo_family(base) is not None
    side = options.resolution or (SIZE if is_demo else recipe.buckets.resolution // 64 * 64)
    prompt = options.prompt or ("{trigger}, {subject}" if is_demo else _PROMPT)
    shot = Shot(
        prompt=prompt.replace("{trigger}", trigger).replace("{subject}", subject),
        width=side,
        height=side,
        steps=options.steps or spec.drawn_steps,
        guidance=options.guidance if options.guidance is not None else 4.0 if is_demo else spec.drawn_guidance,
    )
    return [Clip(shot=replace(shot, seed=seed), frames=options.frames) for seed in range(1, options.seeds + 1)]


def _with(clip: Clip, lora: Lora) -> Clip:
    return replace(clip, shot=clip.shot.with_lora(lora))


def _last(run: Path) -> Path:
    found = RunFolder(run).paths()
    if not found:
        raise RunError(f"{run} has no checkpoint yet; name a LoRA file with --lora.")
    return found[-1]
