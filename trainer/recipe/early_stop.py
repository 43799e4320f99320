"""When a run may end before its last step: once the samples' likeness to the character has ceased to rise."""

from dataclasses import dataclass

from .output import Output


@dataclass(frozen=True, kw_only=True)
class EarlyStop:
    """A run ends after `patience` samplings in a row without a rise of likeness (0: at its last step).

    Only a rise of more than `least_gain` counts, in likeness (cosine, for most face readers), and only one beyond the
    samplings' own noise. `sample_every` is the distance that patience is counted in.
    """

    patience: int = 0
    least_gain: float = 0.01


def early_stop_faults(early_stop: EarlyStop, output: Output) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    patience = early_stop.patience
    return [
        (patience < 0, f"patience is {patience}; use 0 to train to the last step, or 3 to 5 samplings."),
        (
            not 0 <= early_stop.least_gain < 1,
            f"least_gain is {early_stop.least_gain}; use 0 up to, not including, 1, usually 0.01.",
        ),
        (
            patience > 0 and not output.sample_every,
            f"patience is {patience} with sample_every 0, which draws nothing to watch; use a sample_every of a "
            "twentieth of the steps, or patience 0.",
        ),
        (
            patience > 0 and not output.samples,
            f"patience is {patience} without a sample prompt, so there is nothing to watch; give some with {{trigger}} "
            "in them, or use patience 0.",
        ),
    ]
