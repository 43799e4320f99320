"""What a run leaves behind, and when."""

from dataclasses import dataclass
from typing import Literal

from .choices import is_choice, options

SavePrecision = Literal["fp16", "bf16", "fp32"]


@dataclass(frozen=True, kw_only=True)
class Output:
    """A checkpoint and a state every `save_every` steps, `samples` prompts drawn every `sample_every` (0: never).

    `{trigger}` and `{subject}` in a sample prompt stand for the dataset's words. `keep_last` checkpoints stay besides
    the one of best likeness, 0 keeps all. `tag_frequency` writes how often each tag of the captions occurs into the
    file, where anybody can read it. `watch` tells while the run goes on what it learns, looking every `watch_every`
    steps as far as the time for it allows; what is learned is the same without.
    """

    save_every: int = 250
    sample_every: int = 250
    samples: tuple[str, ...] = ("{trigger}, {subject}",)
    held_out_every: int = 50
    keep_last: int = 0
    precision: SavePrecision = "fp16"
    tag_frequency: bool = True
    watch: bool = True
    watch_every: int = 5


def output_faults(output: Output) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (output.save_every < 1, f"save_every is {output.save_every}; use 1 or more."),
        (output.sample_every < 0, f"sample_every is {output.sample_every}; use 0 for none."),
        (output.held_out_every < 1, f"held_out_every is {output.held_out_every}; use 1 or more."),
        (output.watch_every < 1, f"watch_every is {output.watch_every}; use 1 or more, or watch off."),
        (output.keep_last < 0, f"keep_last is {output.keep_last}; use 0 to keep all."),
        (
            not is_choice(output.precision, SavePrecision),
            f"save precision is {output.precision!r}; use {options(SavePrecision)}.",
        ),
    ]
