"""Advice: every fault by its name, sound runs in peace, and a next run that differs where it says."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.trainer.scoring.advice.runs import GOOD, TRIGGER, column, coverage, dataset, recipe, report
from trainer.dataset.dataset import Dataset
from trainer.dataset.finding import Finding
from trainer.dataset.sample import Sample
from trainer.errors import LikenessError
from trainer.recipe.recipe import Recipe
from trainer.scoring.advice import NextRun, advise_next, changed_dataset
from trainer.scoring.advice.change import DatasetChange
from trainer.scoring.advice.next_run import NOTHING
from trainer.scoring.intervals import interval
from trainer.scoring.scores import Flag, Scores


def advised(
    columns: Sequence[Scores] = GOOD, pictures: Dataset | None = None, made: Recipe | None = None, **axes: Any
) -> NextRun:
    return advise_next(report(columns), pictures or dataset(), made or recipe(), coverage=coverage(**axes))


def settings(advice: NextRun) -> dict[str, Any]:
    return {change.setting: change.new for change in advice.changes}


def rising(*ways: float, last: int = 30) -> list[Scores]:
    return [column(last * number // len(ways), way, rise=1.0) for number, way in enumerate(ways, 1)]


def diverged(step: int) -> Scores:
    return column(step, 0.2, {"clothing": 0.1, "background": 0.1, "style": 0.2}, rise=12.0, fall=12.0, bleed=0.95)


LATE = [column(100, 0.9), column(200, 0.93), column(300, 0.93, {"clothing": 0.3})]
NOT_LEARNED = [column(step, 0.0, variety=0.7) for step in (100, 200, 300)]
TOLD = "{trigger}, person, long red hair, green eyes, red shirt, in a forest {n}"
SILENT = "{trigger}, person, red shirt, smiling {n}"
ONE = {"beach": 18, "wall": 2}
LONG = recipe(1200)
FAULTS: Mapping[str, tuple[Sequence[Scores], Dataset, Recipe, Mapping[str, Any]]] = {
    "trigger": (NOT_LEARNED, dataset(captions="person, red shirt, in a forest {n}"), recipe(), {}),
    "words": (NOT_LEARNED, dataset(captions=TOLD), recipe(), {}),
    "short": (rising(0.2, 0.5, 0.6), dataset(), recipe(30), {}),
    "rate_high": ([diverged(step) for step in (100, 200, 300)], dataset(), recipe(optim={"lr": 3e-3}), {}),
    "rate_low": (rising(0.1, 0.2, 0.3, last=1200), dataset(), LONG, {}),
    "few": ([column(100, 0.9, variety=0.8), column(300, 0.93, variety=0.7)], dataset(3), recipe(), {}),
    "background": ([column(300, 0.93, {"background": 0.6})], dataset(captions=SILENT), recipe(), {"background": ONE}),
    "long": ([column(step, 0.93, rise=1.3) for step in (400, 800, 1200)], dataset(), LONG, {}),
    "same": ([column(300, 0.93, variety=0.4)], dataset(), recipe(lora={"rank": 64, "alpha": 32.0}), {}),
    "weak": (NOT_LEARNED, dataset(), recipe(), {}),
    "drift": (
        [column(300, 0.8, identity_front=0.76, identity_profile=0.5)],
        dataset(),
        recipe(),
        {"angle": {"front": 20, "left profile": 0}},
    ),
    "style": ([column(300, 0.93, {"style": 0.6})], dataset(), recipe(), {}),
    "outfit": ([column(300, 0.93, {"clothing": 0.75})], dataset(), recipe(), {}),
    "leak": ([column(300, 0.93, leak=0.4)], dataset(), recipe(), {}),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_named_first_and_says_why_with_numbers_and_what_to_do(kind: str):
    columns, pictures, made, axes = FAULTS[kind]
    advice = advised(columns, pictures, made, **axes)
    assert advice.kinds[:1] == (kind,)
    first = advice.findings[0]
    assert any(letter.isdigit() for letter in first.why) and first.sentence.startswith(first.what)
    assert first.changes or first.dataset


@pytest.mark.parametrize("steps", [300, 450, 700])
def test_a_sound_run_is_left_in_peace(steps: int):
    advice = advised(made=recipe(steps))
    assert advice.findings == () and advice.text == NOTHING
    assert advice.recipe == recipe(steps) and not advice.changes


@pytest.mark.parametrize(
    ("columns", "pictures", "axes"),
    [
        (GOOD, dataset(captions=TOLD), {}),
        (GOOD, dataset(), {"background": ONE}),
        (GOOD, dataset(captions=SILENT), {}),
        (GOOD, dataset(8), {}),
    ],
)
def test_what_may_do_harm_and_did_none_is_no_finding(columns: Sequence[Scores], pictures: Dataset, axes: Any):
    """Looks in captions, one background that captions tell, silent captions, eight pictures."""
    assert advised(columns, pictures, **axes).kinds == ()


def test_a_diverged_run_goes_on_with_a_tenth_of_its_rate():
    columns, pictures, made, _ = FAULTS["rate_high"]
    advice = advised(columns, pictures, made)
    assert settings(advice) == {"optim.lr": 3e-4} and advice.kinds == ("rate_high",)
    assert advice.recipe and advice.recipe.optim.lr == 3e-4
    assert "has risen 12.0-fold" in advice.findings[0].why


def test_signs_after_few_passes_speak_against_the_rate_and_after_many_against_the_length():
    bad = {"clothing": 0.3}
    early = [column(100, 0.9, bad), column(200, 0.9, bad), column(300, 0.9, bad)]
    assert advised(early).kinds == ("rate_high",)
    late = [column(400, 0.9), column(800, 0.9, bad), column(1200, 0.9, bad)]
    advice = advised(late, made=LONG)
    assert advice.kinds == ("long",) and advice.recipe
    # 75 of 240 passes: by the first checkpoint, at 400, it had settled at some time before.
    assert advice.recipe.schedule.steps == 370


def test_a_run_that_was_too_long_by_its_first_checkpoint_ends_well_before_that():
    columns = [column(step, 0.9, {"clothing": 0.3}) for step in (400, 800, 1200)]
    assert settings(advised(columns, made=LONG))["schedule.steps"] == 200


def test_a_run_that_settled_between_checkpoints_ends_there():
    columns = [column(200, 0.7), column(600, 0.93), column(1200, 0.94)]
    advice = advised(columns, made=LONG)
    assert advice.kinds == ("long",) and settings(advice)["schedule.steps"] == 600


def test_signs_in_three_pictures_speak_against_their_number():
    columns = [column(step, 0.9, {"clothing": 0.3}, variety=0.4) for step in (100, 200, 300)]
    assert advised(columns, dataset(3)).kinds == ("few",)


def test_a_short_run_goes_on_to_where_its_own_curve_levels_off():
    columns, pictures, made, _ = FAULTS["short"]
    advice = advised(columns, pictures, made)
    assert advice.recipe and 90 <= advice.recipe.schedule.steps <= 180
    assert 2 <= advice.recipe.schedule.steps / advice.recipe.output.save_every <= 4


def test_nothing_learned_in_hardly_any_passes_is_too_short_and_later_it_is_not():
    assert advised(NOT_LEARNED, made=recipe(150)).kinds == ("weak",)
    few = [column(step, 0.0) for step in (20, 40, 60)]
    advice = advised(few, made=recipe(60))
    assert advice.kinds == ("short",) and settings(advice)["schedule.steps"] == 380


def test_a_short_run_in_epochs_gets_more_of_them():
    columns = FAULTS["short"][0]
    made = recipe(30, schedule={"epochs": 6, "batch": 4})
    advice = advised(columns, made=made)
    assert advice.recipe and advice.recipe.schedule.epochs > 12 and "schedule.steps" not in settings(advice)


def test_a_run_that_was_stopped_early_is_judged_by_what_it_did():
    assert advised(GOOD, made=LONG).kinds == ()


def test_files_of_several_trainings_are_no_curve():
    other = [
        replace(column(step, way), lora=f"other-{step}", label=f"Other {step}") for step, way in ((5, 0.3), (6, 0.4))
    ]
    average = replace(column(301, 0.4), lora="sage_average3", label="Average of 3 seeds")
    assert advised([*other, *GOOD, average]).kinds == ()


def test_a_foreign_file_called_alike_is_no_point_of_the_curve():
    foreign = replace(column(300, 0.2, {"clothing": 0.1}), label="Another file")
    told = report([*GOOD, foreign], chosen=300)
    assert advise_next(told, dataset(), recipe(), coverage=coverage()).kinds == ()
    turned = replace(told, checkpoints=told.checkpoints[::-1])
    assert advise_next(turned, dataset(), recipe(), coverage=coverage()).kinds == ()


def test_few_pictures_are_brought_to_fifteen_by_what_the_set_lacks():
    columns, pictures, made, _ = FAULTS["few"]
    advice = advised(columns, pictures, made, angle={"front": 3, "left profile": 0})
    (task,) = advice.dataset_changes
    assert (task.task, task.count, task.words) == ("add_pictures", 12, ("left profile",))
    assert not advice.changes and "Nothing to change in the recipe; the dataset is what matters." in advice.text


def test_one_background_is_varied_and_told():
    columns, pictures, made, axes = FAULTS["background"]
    tasks = {task.task: task for task in advised(columns, pictures, made, **axes).dataset_changes}
    assert tasks["add_pictures"].count == 16 and len(tasks["caption_background"].pictures) == 20


def test_leaking_is_held_by_class_pictures_and_where_there_are_some_by_the_bases_own_predictions():
    columns = FAULTS["leak"][0]
    assert settings(advised(columns)) == {"prior.images": 20}
    assert settings(advised([column(300, 0.93, leak=0.4)], dataset(3))) == {"prior.images": 15}
    held = recipe(prior={"images": 20})
    assert settings(advised(columns, made=held)) == {"prior.output_weight": 1.0}
    both = advised(columns, made=recipe(prior={"images": 20, "output_weight": 1.0}))
    assert not both.changes and "Train with prior images" in both.text


def test_the_rank_keeps_its_scale_when_it_is_lowered():
    columns, pictures, made, _ = FAULTS["same"]
    assert settings(advised(columns, pictures, made)) == {"lora.rank": 24, "lora.alpha": 12.0}


def test_a_trigger_that_prompts_spell_otherwise_is_the_reason():
    told = advise_next(report(NOT_LEARNED, trigger="sage"), dataset(), recipe(), coverage=coverage())
    assert told.kinds[0] == "trigger" and f"prompts named 'sage', captions '{TRIGGER}'" in told.text


def judged_on(columns: Sequence[Scores], made: Recipe, flag: str = "") -> NextRun:
    """Advice for a run on SDXL, whose usual rate is 1e-4; every column flagged so."""
    told = report(columns)
    if flag:
        flags = (Flag(flag, "All of its pictures are of one colour."),)
        told = replace(told, checkpoints=tuple(replace(each, flags=flags) for each in told.checkpoints), chosen=None)
    return advise_next(told, dataset(), made, family="sdxl", coverage=coverage())


@pytest.mark.parametrize("steps", [200, 300, 600, 800, 1500])
@pytest.mark.parametrize("flag", ["broken", "overtrained"])
def test_a_rate_that_broke_every_column_is_lowered_however_long_the_run_was(steps: int, flag: str):
    columns = [column(steps * part // 3, 0.0) for part in (1, 2, 3)]
    advice = judged_on(columns, recipe(steps, optim={"lr": 1e-3}), flag)
    assert advice.kinds == ("rate_high",) and set(settings(advice)) == {"optim.lr"}
    assert 1e-4 <= settings(advice)["optim.lr"] < 5e-4


@pytest.mark.parametrize("steps", [400, 800])
def test_a_rate_at_which_nothing_was_learned_is_raised_and_the_length_kept(steps: int):
    columns = [column(steps * part // 4, 0.01) for part in (1, 2, 3, 4)]
    advice = judged_on(columns, recipe(steps, optim={"lr": 1e-5}))
    assert advice.kinds == ("rate_low",) and settings(advice) == {"optim.lr": 1e-4}


@pytest.mark.parametrize("flag", ["broken", "overtrained"])
@pytest.mark.parametrize("rate", [1e-5, 1e-4, 2e-4])
def test_no_rate_is_raised_where_a_column_is_broken_or_over_trained(flag: str, rate: float):
    columns = [column(step, 0.0) for step in (200, 400, 800)]
    advice = judged_on(columns, recipe(800, optim={"lr": rate}), flag)
    assert advice.findings and not {"broken", "weak"} <= {*advice.kinds} and "rate_low" not in advice.kinds
    assert settings(advice).get("optim.lr", 0) < rate and "schedule.steps" not in settings(advice)


def test_nothing_learned_at_a_rate_far_above_the_usual_does_not_raise_it():
    advice = judged_on([column(step, 0.0) for step in (200, 400, 800)], recipe(800, optim={"lr": 5e-4}))
    assert advice.kinds == ("weak",) and not advice.changes


@pytest.mark.parametrize("way", [0.52, 0.7])
def test_a_run_that_stops_short_of_likeness_was_not_too_long(way: float):
    advice = judged_on([column(step, way) for step in (200, 400, 800)], recipe(800, optim={"lr": 1e-4}))
    assert advice.kinds == ("plateau",) and not advice.changes and advice.dataset_changes


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_pictures_do_not_tell_that_nothing_was_learned(count: int):
    columns = [measured(column(step, 0.0), count) for step in (200, 400, 800)]
    assert judged_on(columns, recipe(800, optim={"lr": 1e-4})).kinds == ()


def measured(scores: Scores, count: int) -> Scores:
    """With so many pictures that were read."""
    rows = tuple(
        replace(each, identity=each.identity if number < count else None) for number, each in enumerate(scores.pictures)
    )
    identity = interval(row.identity for row in rows if row.identity is not None)
    return replace(scores, pictures=rows, measures={**scores.measures, "identity": identity})


def test_pictures_learned_by_heart_are_a_sign_of_length_whether_or_not_they_rule_a_column_out():
    columns = [column(400, 0.93), *(column(step, 0.93, rise=1.5, fall=0.7, held_out_rise=1.5) for step in (800, 1200))]
    told = report(columns)
    told = replace(told, checkpoints=tuple(replace(each, flags=()) for each in told.checkpoints))
    advice = advise_next(told, dataset(), recipe(1200), coverage=coverage())
    assert advice.kinds == ("long",) and "has risen 1.5-fold" in advice.text


def test_one_finding_alone_says_how_long_the_next_run_is():
    columns = [column(step, way, {"clothing": 0.7}) for step, way in ((300, 0.3), (600, 0.5), (900, 0.7))]
    advice = judged_on(columns, recipe(900, optim={"lr": 5e-4}))
    assert advice.kinds == ("short", "outfit") and settings(advice)["schedule.steps"] > 900
    assert "schedule.steps" not in {change.setting for change in advice.findings[1].changes}


@pytest.mark.parametrize("steps", [101, 109, 1010, 1090])
def test_a_run_that_is_to_be_shorter_is(steps: int):
    columns = [column(steps - 1, 0.9), column(steps, 0.9, {"clothing": 0.3})]
    changed = settings(advised(columns, dataset(40), recipe(steps, schedule={"batch": 4 if steps > 200 else 32})))
    assert 0 < changed["schedule.steps"] < steps


def test_sentences_do_not_say_what_is_not_so():
    columns = [column(400, 0.94), column(800, 0.93), column(1200, 0.93)]
    text = advised(columns, made=LONG).text
    assert "likeness changed by -0.01" in text and "rose" not in text
    told = advised(FAULTS["short"][0], made=recipe(30)).text
    assert "(as many as before)" in told
    assert not [part for part in told.split("; ") if "held_out_every" in part and "as many as before" in part]


def test_a_rate_above_the_presets_is_not_lowered_below_it():
    bad = {"clothing": 0.3}
    early = report([column(100, 0.9, bad), column(200, 0.9, bad)])
    made = recipe(optim={"lr": 2e-4})
    assert settings(advise_next(early, dataset(), made, family="sdxl", coverage=coverage()))["optim.lr"] == 1e-4


def test_prodigy_gets_a_lower_factor_and_its_encoders_the_same():
    columns, pictures, _, _ = FAULTS["rate_high"]
    made = recipe(optim={"optimizer": "prodigy", "lr": 1.0}, text={"encoder_lr": 1.0})
    assert settings(advised(columns, pictures, made)) == {"optim.lr": 0.1, "text.encoder_lr": 0.1}


def test_files_without_a_run_get_what_the_report_alone_can_tell():
    advice = advise_next(report(LATE))
    assert advice.kinds == ("long",) and advice.recipe is None
    assert "Train fewer epochs" in advice.text and "not known" in advice.text


def test_pictures_are_opened_only_where_backgrounds_are_in_question(monkeypatch: pytest.MonkeyPatch):
    opened: list[Sample] = []

    def look(sample: Sample) -> None:
        opened.append(sample)
        raise OSError

    monkeypatch.setattr("trainer.scoring.advice.case.open_sample", look)
    assert advise_next(report(GOOD), dataset(), recipe()).kinds == () and not opened
    assert advise_next(report(GOOD), dataset(captions=SILENT), recipe()).kinds == () and len(opened) == 20


@pytest.mark.parametrize("kind", FAULTS)
def test_a_next_run_reads_back_and_refuses_what_it_does_not_know(kind: str):
    columns, pictures, made, axes = FAULTS[kind]
    advice = advised(columns, pictures, made, **axes)
    data = json.loads(json.dumps(advice.to_json()))
    assert NextRun.from_json(data) == advice
    data["findings"][0]["colour"] = "red"
    with pytest.raises(LikenessError, match="no key 'colour'"):
        NextRun.from_json(data)


@pytest.mark.parametrize("kind", FAULTS)
def test_the_recipe_differs_by_the_changes_that_are_told_and_by_nothing_else(kind: str):
    columns, pictures, made, axes = FAULTS[kind]
    advice = advised(columns, pictures, made, **axes)
    data = made.to_json()
    for change in advice.changes:
        part, _, name = change.setting.rpartition(".")
        assert data[part][name] == change.old and change.why and change.source
        data[part][name] = change.new
    assert advice.recipe == Recipe.from_json(data)


def test_what_needs_no_person_is_done_to_the_dataset():
    columns, pictures, made, _ = FAULTS["words"]
    pruned = changed_dataset(pictures, advised(columns, pictures, made).dataset_changes)
    assert pruned.samples[3].caption == f"{TRIGGER}, person, red shirt, in a forest 3"
    assert pruned.samples[3].raw == pictures.samples[3].caption
    lacking, made = dataset(captions="person, red shirt {n}"), recipe()
    named = changed_dataset(lacking, advised(NOT_LEARNED, lacking, made).dataset_changes)
    assert named.samples[3].caption == f"{TRIGGER}, person, red shirt 3"
    other = replace(dataset().samples[0], alternatives=("red shirt", f"{TRIGGER}, coat"))
    told = changed_dataset(dataset().with_samples((other,)), [DatasetChange(task="add_trigger", text="", source="")])
    assert told.samples[0].alternatives == (f"{TRIGGER}, red shirt", f"{TRIGGER}, coat")


@pytest.mark.parametrize(
    ("kind", "measures"),
    [
        ("style", {"style_contamination": 0.5}),
        ("outfit", {"pose": 0.4}),
        ("outfit", {"expression": 0.3}),
        ("leak", {"bleed": 0.9}),
        ("same", {"copies": 0.3}),
    ],
)
def test_measures_by_landmarks_and_descriptors_tell_too(kind: str, measures: Mapping[str, float]):
    assert advised([column(300, 0.93, {}, **measures)]).kinds == (kind,)


def test_backgrounds_that_come_back_are_the_sets_fault_where_it_has_one():
    back = [column(300, 0.93, background_leak=0.4)]
    assert advised(back, background=ONE).kinds == ("background",)
    assert advised(back).kinds == ("background_kept",)


def test_the_column_order_changes_nothing():
    made = report(LATE)
    turned = replace(made, checkpoints=made.checkpoints[::-1])
    assert advise_next(turned, dataset(), recipe()) == advise_next(made, dataset(), recipe())


def _copied(pairs: Sequence[tuple[int, int]], held_out: Sequence[int] = (), waived: Sequence[int] = ()) -> Dataset:
    """Six pictures, with what the checks say of both of each pair; those of an exact pair share a sha256."""
    samples = list(dataset(6).samples)
    for one, other in pairs:
        for at, partner in ((one, other), (other, one)):
            finding = Finding(check="near copy", level="warning", text="", other=samples[partner].sha256)
            samples[at] = replace(samples[at], findings=(*samples[at].findings, finding))
    for at in held_out:
        samples[at] = replace(samples[at], split="held_out")
    for at in waived:
        samples[at] = replace(samples[at], waived=("near copy",))
    return dataset(6).with_samples(tuple(samples))


@pytest.mark.parametrize(
    ("pairs", "marked", "kept"),
    [
        ([(0, 4), (1, 5)], {}, "0123"),
        ([(0, 1), (1, 2)], {}, "0345"),
        ([(0, 4)], {"held_out": [4]}, "12345"),
        ([(0, 4)], {"held_out": [0, 4]}, "012345"),
        ([(0, 4)], {"waived": [0, 4]}, "012345"),
    ],
)
def test_of_copies_one_is_kept(
    pairs: Sequence[tuple[int, int]], marked: Mapping[str, Sequence[int]], kept: str
) -> None:
    pictures = _copied(pairs, **marked)
    advice = advised([column(300, 0.93, variety=0.4)], pictures)
    changed = changed_dataset(pictures, advice.dataset_changes)
    assert "".join(sample.path.stem for sample in changed.samples) == kept


def test_of_exact_copies_one_is_kept() -> None:
    pictures = _copied([(0, 4)])
    same = tuple(
        replace(each, sha256="a" * 64, findings=(Finding(check="copy", level="warning", text="", other="a" * 64),))
        for each in pictures.samples[:3]
    )
    pictures = dataset(6).with_samples((*same, *dataset(6).samples[3:]))
    advice = advised([column(300, 0.93, variety=0.4)], pictures)
    assert "Take out 2 near copies: '1.png', '2.png'." in {change.text for change in advice.dataset_changes}
    changed = changed_dataset(pictures, advice.dataset_changes)
    assert [sample.path.stem for sample in changed.samples] == ["0", "3", "4", "5"]
