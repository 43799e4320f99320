"""`python -m trainer`: parses, runs one command, and ends with one line of JSON or one sentence about what is wrong."""

import argparse
import json
import sys
from collections.abc import Sequence

from ..errors import Cancelled, Echo, LikenessError, refusal
from ..runtime.allocator import kept_memory
from . import (
    balance,
    bench,
    captions,
    check,
    clean,
    compare,
    dataset,
    demo,
    fill,
    lora,
    method,
    models,
    motion,
    plan,
    recipe,
    runs,
    score,
    train,
    variants,
)

_COMMANDS = (
    *(demo, check, method, train, plan, compare, balance, score, motion),
    *(dataset, fill, variants, captions, recipe, lora, runs, models, clean, bench),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 1 with one sentence when not, 130 when stopped by the user."""
    options = parser().parse_args(arguments)
    try:
        with kept_memory():
            figures = options.command(options)
    except Echo:
        return 1
    except LikenessError as error:
        sys.stderr.write(f"{error}\n")
        return 130 if isinstance(error, Cancelled) else 1
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stderr.write(f"{refusal(error)}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was finished is kept; the same command goes on from there.\n")
        return 130
    if figures is not None:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments; `command` of what it parses is the function that runs it."""
    whole = argparse.ArgumentParser(prog="python -m trainer", description="Train and compare character LoRAs.")
    commands = whole.add_subparsers(required=True, metavar="command")
    for command in _COMMANDS:
        command.add(commands.add_parser)
    return whole
