"""`motion`: whether a character's face holds from frame to frame, in clips of any kind or drawn for it."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataset.sample_pixels import open_sample
from ..errors import DatasetError
from ..faces.face import FaceReader
from ..images.picture_file import write_picture
from ..runtime.work import follow
from .command import AddParser, Figures, write_text
from .folder import add_faces, add_reading, read, required_face_reader
from .progress import progress

if TYPE_CHECKING:
    from .moving import Asked


def add(command: AddParser) -> None:
    motion = command("motion", help="check whether a character's face holds, drifts or flickers in clips")
    motion.set_defaults(command=_motion)
    motion.add_argument(
        "clips",
        type=Path,
        nargs="*",
        metavar="CLIP",
        help="folder of frames, or an animated .gif, .webp or .png; several are measured together",
    )
    motion.add_argument("--references", type=Path, metavar="FOLDER", help="pictures of the person")
    motion.add_argument(
        "--control", type=Path, action="append", default=[], metavar="CLIP", help="the same clip without the LoRA"
    )
    motion.add_argument(
        "--out", type=Path, help="folder for motion.json, motion.png and drawn frames (default with --run: in the run)"
    )
    _add_drawn(motion)
    add_reading(motion)
    add_faces(motion)


def _add_drawn(motion: ArgumentParser) -> None:
    motion.add_argument("--run", type=Path, help="draw clips with this run's LoRA, and without it, instead")
    motion.add_argument(
        "--motion-module", type=Path, metavar="FILE", help="AnimateDiff module for the run's base, SD 1.5 or SDXL"
    )
    motion.add_argument("--lora", type=Path, help="with --run: another LoRA file (default: the run's last checkpoint)")
    motion.add_argument("--strength", type=float, default=1.0, help="of the LoRA")
    motion.add_argument("--prompt", help="{trigger} and {subject} stand for the words (default: a head that turns)")
    motion.add_argument("--frames", type=int, default=16, help="of a clip; more than 16 are drawn in windows")
    motion.add_argument("--seeds", type=int, default=2, help="clips with, and without, the LoRA")
    motion.add_argument("--resolution", type=int, help="side of the frames (default: as trained)")
    motion.add_argument("--steps", type=int, help="default: what suits the base")
    motion.add_argument("--guidance", type=float, help="default: what suits the base")


def _motion(options: Namespace) -> Figures:
    """Print the report; with `--out` or `--run` write motion.json and the contact strip there."""
    from ..scoring.motion.check import check_motion
    from ..scoring.motion.strip import draw_strip

    asked = _asked(options)
    total = sum(clip.count for clip in (*asked.clips, *asked.control))
    with progress("reading") as report:
        done = iter(range(1, total + 1))
        work = check_motion(asked.clips, asked.references, _reader(options, asked), control=asked.control)
        checked = follow(work, lambda seen: report(next(done), total, seen.clip))
    told = checked.report
    sys.stdout.write(f"{told.text}\n")
    if asked.out:
        write_text(asked.out / "motion.json", json.dumps(told.to_json(), indent=2, ensure_ascii=False) + "\n")
        write_picture(asked.out / "motion.png", draw_strip(checked))
    clip = told.clip.to_json()
    return {"verdicts": list(told.kinds), **clip, "floor": told.scale.floor, "reader": told.reader}


def _asked(options: Namespace) -> "Asked":
    from ..scoring.motion.frames import read_frames
    from .moving import Asked, drawn_clips

    if options.run is not None:
        if options.clips:
            raise DatasetError("Give clips to check, or --run to draw them, not both.")
        return drawn_clips(options)
    if not options.clips or options.references is None:
        raise DatasetError(
            "Give the clip to check and --references with pictures of the person; or --run and --motion-module to "
            "draw clips with a run's LoRA."
        )
    known = [open_sample(sample) for sample in read(options, options.references).samples]
    clips, control = (tuple(read_frames(path) for path in paths) for paths in (options.clips, options.control))
    return Asked(clips=clips, control=control, references=known, out=options.out)


def _reader(options: Namespace, asked: "Asked") -> FaceReader:
    from ..demo.assets import demo_family, demo_reader

    is_demo = asked.base is not None and demo_family(asked.base) is not None and options.faces == "auto"
    return demo_reader() if is_demo else required_face_reader(options)
