"""What to do about a symptom: the guide's troubleshooting, as sentences for the next run."""

from collections.abc import Sequence

from .scores import Scores

WEAK = "Check that the trigger matches the training captions exactly, then train longer or with a higher learning rate."
OVERTRAINED = "Train fewer epochs, add more varied pictures or lower the rank; a lower dose per picture cures it best."
BROKEN = "Look for compression artifacts in the training pictures, lower the learning rate and use min_snr_gamma 5."
LEAK = "Train with prior images of the class word, so that only the trigger brings the character."
STYLE = "Make style-varied copies of the training pictures and vary their captions, so that they are not repeated."
RISING = "The last checkpoint is the best so far: a longer run may still gain."


def advise(checkpoints: Sequence[Scores], chosen: int | None) -> tuple[str, ...]:
    """At most four sentences, most pressing first; none for a run that needs nothing."""
    kinds = [flag.kind for scores in checkpoints for flag in scores.flags]
    sentences = {flag.sentence for scores in checkpoints for flag in scores.flags}
    last = checkpoints[-1] if checkpoints else None
    found = {
        BROKEN: "broken" in kinds,
        OVERTRAINED: "overtrained" in kinds,
        STYLE: any("repeat a training picture" in sentence for sentence in sentences),
        WEAK: bool(last and any(flag.kind == "weak" for flag in last.flags)),
        LEAK: any(scores.cautions for scores in checkpoints),
        RISING: bool(last and len(checkpoints) > 1 and chosen is not None and chosen == last.step),
    }
    return tuple(sentence for sentence, holds in found.items() if holds)[:4]
