"""Why a checkpoint is chosen and an earlier one is not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from trainer.errors import RunError
from trainer.scoring.choice.by_hand import choose_again, choose_by_hand
from trainer.scoring.choice.choose import choose
from trainer.scoring.choice.merit import merits, weighed
from trainer.scoring.intervals import interval
from trainer.scoring.plan.compare_plan import ComparePlan, Probe
from trainer.scoring.reading.observation import PictureScore
from trainer.scoring.report.report import Report
from trainer.scoring.scores import Flag, Scores, main_strength

CONTROL_IDENTITY = 0.1
HARD = (0.3, 0.5, 0.7, 0.9)
"""Cosines by prompt: prompts differ more than checkpoints do, so that intervals overlap where pairs tell them apart."""


def scores(step: int | None, values: Sequence[float], flags: tuple[Flag, ...] = (), leaks: bool = False) -> Scores:
    rows = [
        PictureScore(path="", kind="prompt", probe=number // 2, seed=number % 2, identity=value)
        for number, value in enumerate(values)
    ]
    return Scores(
        label="No LoRA" if step is None else f"Step {step}",
        step=step,
        lora=None,
        measures={"identity": interval(values)},
        slots={},
        flags=flags,
        cautions=("leaks",) if leaks else (),
        pictures=tuple(rows),
    )


CONTROL = scores(None, [CONTROL_IDENTITY] * 4)


def test_a_later_step_that_wins_says_by_how_much_an_earlier_one_within_its_interval_is_worse():
    early, late = scores(100, [value - 0.05 for value in HARD]), scores(200, HARD)
    choice = choose(CONTROL, [early, late], 1.0)
    assert choice.label == "Step 200" and choice.tied == ("Step 200",)
    assert "Step 100 is as like, but on the same prompts and seeds it is 0.06 (0.06 to 0.06) worse" in choice.reason


def test_an_earlier_step_that_is_as_like_but_ruled_out_gives_its_reason():
    early = scores(100, HARD, (Flag("overtrained", "The same one each time."),))
    assert choose(CONTROL, [early, scores(200, HARD)], 1.0).reason.endswith(
        "Step 100 is as like, but ruled out: The same one each time."
    )


def test_the_earliest_of_those_that_cannot_be_told_apart_needs_no_excuse():
    choice = choose(CONTROL, [scores(100, HARD), scores(200, HARD)], 1.0)
    assert choice.label == "Step 100" and "the earliest is taken" in choice.reason and "as like" not in choice.reason


def test_a_step_that_is_clearly_less_like_is_not_spoken_of():
    assert "Step 100" not in choose(CONTROL, [scores(100, [0.1] * 4), scores(200, HARD)], 1.0).reason


def columns(**by_label: tuple[int | None, Sequence[float]]) -> list[Scores]:
    return [
        replace(scores(step, values), label=label, lora=f"{label}.safetensors")
        for label, (step, values) in by_label.items()
    ]


def test_the_middle_preference_is_the_harmonic_mean_bit_for_bit():
    rng = np.random.default_rng(1)
    identity, flexibility = rng.random(500), rng.random(500)
    harmonic = 2 * identity * flexibility / np.maximum(identity + flexibility, 1e-9)
    assert (weighed(identity, flexibility, 0.5) == harmonic).all()


def test_preference_goes_from_identity_alone_to_flexibility_alone_and_between_them_never_back():
    identity, flexibility = np.array([0.9]), np.array([0.3])
    values = [float(weighed(identity, flexibility, step / 20)[0]) for step in range(21)]
    assert (values[0], values[-1]) == (0.9, 0.3)
    assert values == sorted(values, reverse=True)


def follower(step: int, identity: float, part: float) -> Scores:
    """A column of that identity that follows that part of its prompts."""
    column = scores(step, [identity] * 20)
    rows = tuple(replace(row, followed={"place": n < 20 * part}) for n, row in enumerate(column.pictures))
    measures = {**column.measures, "following": interval([part] * 20)}
    return replace(column, pictures=rows, measures=measures, lora=f"{step}")


def test_the_more_flexibility_counts_the_more_flexible_is_the_chosen_one():
    control = replace(follower(0, 0.1, 1.0), label="No LoRA", step=None, lora=None)
    rows = [follower(100, 0.4, 1.0), follower(200, 0.7, 0.7), follower(300, 0.95, 0.3)]
    chosen = [choose(control, rows, 1.0, preference=each).label or "" for each in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert (chosen[0], chosen[-1]) == ("Step 300", "Step 100")
    assert [row.label for row in rows if row.label in chosen] == sorted(set(chosen))
    assert chosen == sorted(chosen, reverse=True)


def test_a_preference_outside_its_range_is_refused():
    with pytest.raises(RunError, match="0 for likeness alone"):
        choose(CONTROL, [scores(100, HARD)], 1.0, preference=1.5)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_the_columns_changes_nothing(seed: int):
    rows = columns(b=(None, HARD), a=(None, HARD), c=(200, [0.2] * 4), d=(300, HARD))
    shuffled = [rows[index] for index in np.random.default_rng(seed).permutation(len(rows))]
    assert choose(CONTROL, shuffled, 1.0) == choose(CONTROL, rows, 1.0)


def test_files_that_tell_no_step_come_last_and_by_name():
    assert choose(CONTROL, columns(b=(None, HARD), a=(None, HARD)), 1.0).label == "a"
    assert choose(CONTROL, columns(a=(None, HARD), b=(900, HARD)), 1.0).label == "b"


def test_three_that_cannot_be_told_apart_are_no_clear_winner():
    choice = choose(CONTROL, [scores(step, HARD) for step in (750, 1000, 1250)], 1.0)
    assert choice.headline == "No clear winner: Step 750, Step 1000 and Step 1250; the earliest is taken."
    assert choice.reason.startswith(choice.headline) and not choice.is_clear


def test_without_a_passing_checkpoint_nothing_is_crowned():
    choice = choose(CONTROL, [scores(100, HARD, (Flag("weak", "It is no nearer."),))], 1.0)
    assert choice.headline == "None passes." and choice.reason.endswith("Step 100: It is no nearer.")


def seeded(step: int, seed: int, merit: float) -> Scores:
    """A column of a training seed whose merit is `merit`, the same in every resample."""
    column = scores(step, [CONTROL_IDENTITY + merit * (1 - CONTROL_IDENTITY)] * 8)
    return replace(column, label=f"Step {step}, seed {seed}", seed=seed, lora=f"{step} {seed}")


def test_a_gap_below_the_swing_of_training_seeds_is_not_separable():
    rows = [seeded(100, 1, 0.50), seeded(100, 2, 0.70), seeded(200, 1, 0.56), seeded(200, 2, 0.76)]
    choice = choose(CONTROL, rows, 1.0)
    assert choice.groups == ("Step 100 of 2 seeds", "Step 200 of 2 seeds")
    # sqrt((2 · 0.1² + 2 · 0.1²) / 2)
    assert "together by 0.141 (pooled standard deviation within steps, 2 degrees of freedom)" in choice.reason
    assert choice.label == "Step 100, seed 2"


def test_a_gap_above_the_swing_is():
    rows = [seeded(100, 1, 0.50), seeded(100, 2, 0.51), seeded(200, 1, 0.80), seeded(200, 2, 0.81)]
    choice = choose(CONTROL, rows, 1.0)
    assert choice.is_clear and choice.label == "Step 200, seed 2"


def test_a_single_training_seed_says_that_its_swing_was_not_measured():
    assert "training seed would change was not measured" in choose(CONTROL, [scores(100, HARD)], 1.0).notes[0]


def at_strength(strength: float, identity: float, flags: tuple[Flag, ...] = ()) -> Scores:
    column = scores(200, [identity] * 8, flags)
    return replace(column, label=f"Step 200 at {strength:g}", strength=strength, lora="200")


def test_of_strengths_that_tie_the_nearest_to_the_guides_is_advised():
    main = [replace(scores(100, [0.5] * 8), lora="100"), at_strength(1.0, 0.8)]
    choice = choose(CONTROL, [*main, at_strength(0.7, 0.8), at_strength(0.4, 0.6)], 1.0)
    assert (choice.label, choice.strength) == ("Step 200 at 1", 0.7)
    assert "Strength 0.7 is advised" in choice.reason and "0.4 is 0.22" in choice.reason


def test_a_strength_that_is_clearly_better_is_advised_however_far_from_the_usual():
    choice = choose(CONTROL, [at_strength(1.0, 0.8), at_strength(0.8, 0.6)], 1.0, strength=1.0)
    assert choice.strength == 1.0


def test_a_file_that_only_passes_at_another_strength_is_chosen_there():
    bad = (Flag("overtrained", "The same one each time."),)
    choice = choose(CONTROL, [at_strength(1.0, 0.9, bad), at_strength(0.7, 0.7)], 1.0, strength=1.0)
    assert (choice.label, choice.strength) == ("Step 200 at 0.7", 0.7)
    assert "1 is ruled out: The same one each time." in choice.reason


def report(*checkpoints: Scores) -> Report:
    plan = ComparePlan(probes=(Probe(kind="trigger", prompt="sage"),))
    choice = choose(CONTROL, checkpoints, 1.0)
    return Report(
        trigger="sage", plan=plan, control=CONTROL, checkpoints=checkpoints, reference=1.0, chosen=choice.label,
        tied=choice.tied, reason=choice.reason, advice=(), notes=(), readers={"faces": "reader"}, key="key",
    )  # fmt: skip


def test_a_choice_by_hand_tells_what_the_measures_say_against_it():
    flag = Flag("overtrained", "The same one each time.")
    made = report(scores(100, [value - 0.2 for value in HARD]), scores(200, HARD), scores(300, HARD, (flag,)))
    worse = choose_by_hand(made, "Step 100")
    assert worse.by_hand and worse.label == "Step 100"
    assert "The measures choose Step 200, which is 0.22 (0.22 to 0.22) better" in worse.reason
    assert "Against it: The same one each time." in choose_by_hand(made, "Step 300").reason
    assert "The measures choose it too." in choose_by_hand(made, "Step 200").reason


def test_a_choice_by_hand_needs_a_column_of_the_report():
    with pytest.raises(RunError, match="no column 'Step 9'"):
        choose_by_hand(report(scores(100, HARD)), "Step 9")


def test_choosing_again_from_a_report_read_back_is_the_same_choice():
    made = report(scores(100, HARD), scores(200, [value + 0.05 for value in HARD]))
    again = choose_again(Report.from_json(made.to_json()))
    assert (again.label, again.tied, again.reason) == (made.chosen, made.tied, made.reason)


def test_a_file_of_another_folder_that_is_called_the_same_is_no_part_of_the_strength_sweep():
    own = replace(at_strength(1.0, 0.8), lora="pytorch_lora_weights.safetensors", file="own")
    other = replace(own, label="other at 0.7", strength=0.7, file="other")
    assert choose(CONTROL, [own, other], 1.0, strength=1.0).strength == 1.0
    assert choose(CONTROL, [own, replace(other, file="own")], 1.0, strength=1.0).strength == 0.7
    assert Scores.from_json(own.to_json()).file == "own"


def test_the_strength_that_competes_is_the_wanted_one_where_any_column_has_it():
    rows = [at_strength(1.0, 0.8), at_strength(0.7, 0.8), at_strength(0.7, 0.7)]
    assert [main_strength(rows, wanted) for wanted in (1.0, 0.5, None)] == [1.0, 0.7, 0.7]


def faceless(column: Scores, keep: int) -> Scores:
    """The column with faces in its first pictures only, as a reader would measure it."""
    rows = [row if n < keep else replace(row, identity=None) for n, row in enumerate(column.pictures)]
    found = [row.identity for row in rows if row.identity is not None]
    return replace(column, pictures=tuple(rows), measures={**column.measures, "identity": interval(found)})


def test_losing_faces_on_hard_prompts_does_not_make_a_column_liker():
    values = [0.9] * 4 + [0.4] * 4
    whole, losing = scores(100, values), faceless(scores(200, [0.92] * 4 + [0.4] * 4), 4)
    assert choose(CONTROL, [whole, losing], 1.0).tied == ("Step 100",)


def test_a_picture_in_which_no_column_shows_a_face_counts_for_none():
    rows = [faceless(scores(step, [0.9] * 8), 4) for step in (100, 200)]
    assert merits(CONTROL, rows, 1.0)[:, 0] == pytest.approx([8 / 9, 8 / 9])


def test_flexibility_is_of_what_every_column_has_measured():
    """A part that one column lacks would lower the others' mean, or raise it."""
    rows = [follower(100, 0.5, 0.9), follower(200, 0.5, 0.9)]
    leaky = replace(rows[1], measures={**rows[1].measures, "leak": interval([0.5] * 8)})
    control = follower(0, 0.1, 1.0)
    first, second = merits(control, [rows[0], leaky], 1.0)
    assert (first == second).all()


def test_columns_liker_than_real_pictures_still_differ():
    rows = [scores(100, [0.8] * 8), scores(200, [0.9] * 8)]
    assert choose(CONTROL, rows, 0.7).tied == ("Step 200",)


@pytest.mark.parametrize("count", [1, 3])
def test_so_few_pictures_tell_no_checkpoints_apart(count: int):
    choice = choose(CONTROL, [scores(100, [0.5] * count), scores(200, [0.9] * count)], 1.0)
    assert choice.tied == ("Step 100", "Step 200") and choice.label == "Step 100"
    assert "too few to tell checkpoints apart" in choice.notes[0]
