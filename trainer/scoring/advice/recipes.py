"""What the table does to a recipe: each a function to the changed recipe and why; None where nothing would change."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil, floor

from ...recipe.flow import Flow
from ...recipe.recipe import Recipe
from .case import Case
from .excess import diverged, first_is_too_much, last_sound, room_to_raise, settled_at
from .learning import USUAL, short_of_likeness, steps_to_learn

Step = Callable[[Case, Recipe], tuple[Recipe, str] | None]

_SERVES = 120
"""Passes to come down to: inside the usual band, and what others' practice is (E7)."""
_LEAST_RANK, _GENTLE_RANK = 16, 24
"""The guide's "reduce network_dim (16-24)"."""
_EVALUATIONS = 12
"""Of held-out pictures that a curve needs at least."""
AIMED = 15
"""Pictures that a set of too few is brought to: the upper end of the guide's minimum of 10 to 15."""


def lower_rate(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    if diverged(case):
        # Smith 2017 (Cyclical Learning Rates, range test): loss diverges at about ten times the rate that learns best.
        return _rate(recipe, 0.1, "a tenth, because loss diverges at about ten times a rate that learns")
    return _rate(recipe, _no_lower_than_usual(case, recipe, 1 / 3), "a third, half of the way to a tenth")


def gentler_rate(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    factor = _no_lower_than_usual(case, recipe, 0.5)
    return None if factor >= 1 else _rate(recipe, factor, "half")


def raise_rate(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    """Nothing where a column shows too much already, or the rate is well above what is usual."""
    if not room_to_raise(case):
        return None
    usual = case.usual.optim.lr if case.usual else None
    if usual is not None and recipe.optim.lr <= usual / 2:
        return _rate(recipe, usual / recipe.optim.lr, "what is usual for this base")
    return _rate(recipe, 3.0, "three times; the guide goes up to four times its usual rate")


def longer(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    """To where the curve of likeness levels off, or without one to the usual passes; at most as many as are usual."""
    if _has_new_length(case, recipe):
        return None
    updates, passes, done = case.updates, case.passes(), case.done
    if updates is None or done is None:
        return None
    wanted = steps_to_learn(case)
    if wanted is None:
        wanted = round(done * USUAL[0] / passes) if passes else 2 * done
    most = max(2 * done, round(done * USUAL[1] / passes)) if passes else wanted
    steps = min(wanted, most)
    if steps <= updates:
        return None
    return _of_length(recipe, updates, _round(steps)), "where the curve of likeness so far levels off"


def shorter(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    """To where nothing more was gained or the last sound column lies, and at most to the usual passes."""
    if _has_new_length(case, recipe):
        return None
    updates, passes, done = case.updates, case.passes(), case.done
    if updates is None or done is None:
        return None
    ends = [last_sound(case), None if short_of_likeness(case) else settled_at(case)]
    found = [each.step for each in ends if each is not None and each.step]
    steps = min([step for step in found if step < done], default=round(done / 2))
    if first_is_too_much(case) and case.columns[0].step:
        # It began at some time before the first checkpoint, and nothing tells when.
        steps = case.columns[0].step / 2
        return _of_length(recipe, updates, _round_down(steps)), "before the first sign of too much"
    if passes and passes > USUAL[1]:
        # Settled by the first column, it settled at some time before: the usual passes then say when to look.
        is_first = bool(case.columns) and steps == case.columns[0].step
        steps = min(steps, ceil(done * (USUAL[0] if is_first else _SERVES) / passes))
    why = (
        "before the first sign of too much"
        if short_of_likeness(case)
        else "where it had learned what there is to learn"
    )
    return _of_length(recipe, updates, _round_down(steps)), why


def fewer_passes(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    """Down to the usual passes over the pictures as they will be; nothing where they are no more than usual."""
    if _has_new_length(case, recipe):
        return None
    updates, passes, count, done = case.updates, case.passes(), case.count, case.done
    if updates is None or passes is None or not count or done is None:
        return None
    then = passes * count / max(count, AIMED)
    if then <= USUAL[1]:
        return None
    return _of_length(recipe, updates, _round_down(done * _SERVES / then)), f"about {_SERVES} passes a picture"


def lower_rank(_: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    lora = recipe.lora
    if lora.rank <= _LEAST_RANK:
        return None
    rank = min(max(lora.rank // 2, _LEAST_RANK), _GENTLE_RANK)
    return replace(recipe, lora=replace(lora, rank=rank, alpha=lora.alpha * rank / lora.rank)), "less room to memorise"


def min_snr(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    predicts_flow = case.usual.loss.min_snr_gamma == 0 if case.usual else recipe.flow != Flow()
    if recipe.loss.min_snr_gamma or recipe.loss.debiased or predicts_flow:
        return None
    return replace(recipe, loss=replace(recipe.loss, min_snr_gamma=5.0)), "noise levels weighted"


def other_optimizer(_: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    if recipe.optim.optimizer not in ("adafactor", "lion8bit"):
        return None
    optim = replace(recipe.optim, optimizer="adamw8bit", beta2=0.999)
    return replace(recipe, optim=optim), f"faces fare badly with {recipe.optim.optimizer}"


def prior(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    """Class pictures beside the character's; where there are some, holding on to the base's own predictions."""
    now = recipe.prior
    if not now.images:
        # About as many as are trained on; a set of too few is brought to AIMED.
        images = max(AIMED, case.count or 0)
        return replace(recipe, prior=replace(now, images=images)), "so that only the trigger brings the character"
    if not now.output_weight:
        return replace(recipe, prior=replace(now, output_weight=1.0)), "class pictures alone did not hold"
    return None


def masked(case: Case, recipe: Recipe) -> tuple[Recipe, str] | None:
    has_masks = bool(case.train) and all(each.masked or each.mask is not None for each in case.train)
    if recipe.loss.masked or not has_masks:
        return None
    return replace(recipe, loss=replace(recipe.loss, masked=True)), "what lies behind the figure then hardly counts"


def _rate(recipe: Recipe, factor: float, why: str) -> tuple[Recipe, str] | None:
    optim = recipe.optim
    # To Prodigy it is a factor on the rate it finds, and at least 0.1.
    least = 0.1 if optim.optimizer == "prodigy" else 0.0
    rate = min(max(_two_digits(optim.lr * factor), least), 1.0)
    if rate == optim.lr:
        return None
    text = replace(recipe.text, encoder_lr=_two_digits(recipe.text.encoder_lr * rate / optim.lr))
    return replace(recipe, optim=replace(optim, lr=rate), text=text), why


def _no_lower_than_usual(case: Case, recipe: Recipe, factor: float) -> float:
    usual = case.usual.optim.lr if case.usual else None
    if usual is None or recipe.optim.lr <= usual:
        return factor
    return max(factor, usual / recipe.optim.lr)


def _has_new_length(case: Case, recipe: Recipe) -> bool:
    """Whether an earlier row, of a more probable cause, has settled how long the next run is."""
    return case.recipe is not None and recipe.schedule != case.recipe.schedule


def _of_length(recipe: Recipe, updates: int, steps: int) -> Recipe:
    """So many steps in place of `updates`, with as many checkpoints and samples as before, and no fewer evaluations."""
    part, schedule, output = steps / updates, recipe.schedule, recipe.output
    if schedule.epochs:
        schedule = replace(schedule, epochs=max(1, round(schedule.epochs * part)))
    else:
        schedule = replace(schedule, steps=steps, warmup=min(schedule.warmup, max(steps // 4, 0)))
    output = replace(
        output,
        save_every=max(1, round(output.save_every * part)),
        sample_every=output.sample_every and max(1, round(output.sample_every * part)),
        held_out_every=min(output.held_out_every, max(1, steps // _EVALUATIONS)),
    )
    return replace(recipe, schedule=schedule, output=output)


def _round(steps: float) -> int:
    """Upwards to two digits."""
    return ceil(steps / _size(steps)) * _size(steps)


def _round_down(steps: float) -> int:
    """To two digits, so that a run that is to be shorter is; one step at least."""
    return max(floor(steps / _size(steps)) * _size(steps), 1)


def _size(steps: float) -> int:
    """Of the second digit."""
    return 10 ** max(len(str(int(steps))) - 2, 0)


def _two_digits(number: float) -> float:
    return float(f"{number:.2g}")


RECIPES: Mapping[str, Step] = {
    step.__name__: step
    for step in (
        lower_rate,
        gentler_rate,
        raise_rate,
        longer,
        shorter,
        fewer_passes,
        lower_rank,
        min_snr,
        other_optimizer,
        prior,
        masked,
    )
}
