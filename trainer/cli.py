"""The command line: everything that the nodes do, headless; each command ends with one JSON line."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .cli_captions import add_captions
from .cli_dataset import add_dataset
from .cli_fill import add_fill
from .cli_lora import add_lora
from .cli_recipe import add_recipe
from .cli_variants import add_variants
from .errors import LikenessError
from .runtime.allocator import kept_memory

Command = Callable[[argparse.Namespace], dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 1 with one sentence when not, 130 when stopped by the user."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        with kept_memory():
            figures = command(options)
    except LikenessError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was finished is kept; the same command goes on from there.\n")
        return 130
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer", description="Train and compare character LoRAs.")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_demo(commands)
    _add_train(commands)
    _add_plan(commands)
    _add_compare(commands)
    add_dataset(commands)
    add_fill(commands)
    add_variants(commands)
    add_captions(commands)
    add_recipe(commands)
    add_lora(commands)
    _add_bench(commands)
    return parser


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser("demo", help="learn, compare and choose on the built-in demo base")
    demo.set_defaults(command=_demo)
    demo.add_argument("--out", type=Path, default=Path("demo"), help="folder for pictures, checkpoints and report")
    demo.add_argument("--character", type=int, default=0, help="which demo character, 0 to 2")
    demo.add_argument("--seed", type=int, default=0)
    inner = demo.add_subparsers(metavar="build")
    build = inner.add_parser("build", help="remake the demo base and reader from their seed (an hour or two)")
    build.set_defaults(command=_build)
    build.add_argument("--assets", type=Path, help="where to write (default: beside the demo's code)")
    build.add_argument("--work", type=Path, default=Path("demo-build"), help="folder for what is made on the way")
    build.add_argument("--quick", action="store_true", help="a few steps of everything, to see that it runs")


def _add_train(commands: Any) -> None:
    train = commands.add_parser("train", help="train a character LoRA")
    train.set_defaults(command=_train)
    _add_job(train)


def _add_plan(commands: Any) -> None:
    plan = commands.add_parser("plan", help="what a run will be: passes, buckets, time, disk, memory; trains nothing")
    plan.set_defaults(command=_plan)
    _add_job(plan)
    plan.add_argument(
        "--quick", action="store_true", help="arithmetic alone: no base is loaded, no time or memory told"
    )
    plan.add_argument("--sheet", type=Path, help="picture of the buckets to write (PNG)")


def _add_job(train: Any) -> None:
    """What a run is made of, the same for planning and for training it."""
    train.add_argument(
        "--base", type=Path, help="checkpoint file or diffusers folder, SDXL or SD 1.5 (default: the demo base)"
    )
    train.add_argument("--data", type=Path, required=True, help="folder of pictures with captions beside them")
    train.add_argument(
        "--predicts",
        choices=("epsilon", "v_prediction", "v_prediction, zero SNR"),
        help="what the base predicts, where its file does not say so itself",
    )
    how = train.add_mutually_exclusive_group()
    how.add_argument("--recipe", type=Path, help="recipe.json (default: the demo's recipe on the demo base)")
    how.add_argument("--preset", help="a recipe by name, as the Training recipe node lists them")
    train.add_argument("--out", type=Path, required=True, help="run folder; the same command resumes it")
    train.add_argument("--name", help="name of the LoRA files (default: the trigger)")
    train.add_argument("--trigger", help="word for the character (default: from the folder's name)")
    train.add_argument("--subject", default="person", help="class word (default: person)")
    train.add_argument("--held-out", type=int, default=3, help="pictures kept out of training to judge by")
    train.add_argument("--reg", type=Path, help="folder of pictures of anybody, trained beside the character's")
    train.add_argument("--start", type=Path, help="LoRA file (ours or kohya's) to learn on from")
    train.add_argument("--device", default="cpu", help="cpu or cuda")


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser("compare", help="compare a run's checkpoints and choose one")
    compare.set_defaults(command=_compare)
    compare.add_argument("run", type=Path, help="run folder")
    compare.add_argument("--plan", type=Path, help="plan.json: probes and sampling (default: suits the base)")
    compare.add_argument("--device", default="cpu", help="cpu or cuda")


def _add_bench(commands: Any) -> None:
    bench = commands.add_parser("bench", help="measure one thing side by side")
    bench.set_defaults(command=_bench)
    bench.add_argument(
        "name", choices=("adapters", "captions", "checks", "dataset", "demo", "import", "options", "train", "variants")
    )
    bench.add_argument("--out", type=Path, help="folder to keep what is made, so that a stopped bench goes on")
    bench.add_argument("--device", default="cpu", help="train: cpu (the demo base) or cuda (SDXL at its real size)")
    bench.add_argument("--only", nargs="*", default=(), help="options: these alone")


def _demo(options: argparse.Namespace) -> dict[str, Any]:
    from .console import follow_demo

    return follow_demo(options.out, options.character, options.seed)


def _build(options: argparse.Namespace) -> dict[str, Any]:
    from .console import follow_build

    return follow_build(options.assets, options.work, options.quick)


def _train(options: argparse.Namespace) -> dict[str, Any]:
    from .console_train import follow_train

    return follow_train(options)


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    from .console_train import follow_plan

    return follow_plan(options)


def _compare(options: argparse.Namespace) -> dict[str, Any]:
    from .console import follow_compare

    return follow_compare(options)


def _bench(options: argparse.Namespace) -> dict[str, Any]:
    if options.name == "import":
        from .bench.imports import bench_import

        return bench_import()
    if options.name == "adapters":
        from .bench.adapters import bench_adapters

        return bench_adapters()
    if options.name == "captions":
        from .bench.captions import bench_captions

        return bench_captions()
    if options.name == "checks":
        from .bench.checks import bench_checks

        return bench_checks()
    if options.name == "options":
        from .bench.options import bench_options

        return bench_options(options.out, tuple(options.only))
    if options.name == "train":
        from .bench.train import bench_train

        return bench_train(options.out, options.device)
    if options.name == "variants":
        from .bench.variants import bench_variants

        return bench_variants(options.out)
    if options.name == "dataset":
        from .bench.dataset import bench_dataset

        return bench_dataset()
    from .bench.demo import bench_demo

    return bench_demo()
