import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, FakeReader, Skill
from trainer.dataset.sample import Sample
from trainer.dataset.sample_pixels import open_sample
from trainer.errors import Cancelled, DatasetError, RunError
from trainer.faces.face import Face
from trainer.images.pixels import pixel_sha256
from trainer.runtime.work import follow
from trainer.scoring.compare import compare
from trainer.scoring.report.report import Report

from .stage import RISING, Stage, plan, small_plan, stored

PICTURES = 6 * 6


@pytest.fixture(scope="module")
def rising(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stage, Report]:
    """A comparison that has been made, to be read only."""
    stage = Stage(tmp_path_factory.mktemp("rising"), RISING)
    return stage, stage.run()


def test_the_earliest_of_the_best_is_chosen_and_the_overtrained_last_is_not(rising: tuple[Stage, Report]):
    report = rising[1]
    assert report.chosen == "Step 300"
    assert report.tied == ("Step 300", "Step 400")
    assert report.checkpoints[-1].overtrained
    assert not report.checkpoints[2].overtrained


def test_the_reason_gives_the_numbers_with_their_intervals_and_the_tie(rising: tuple[Stage, Report]):
    reason = rising[1].reason
    for part in ("Step 300: identity 0.9", " to ", "without LoRA", "prompt following 1.00", "variety", "from Step 400"):
        assert part in reason
    assert reason.count(".") > 3 and "\n" not in reason


def test_a_run_that_learned_nothing_has_no_winner(tmp_path: Path):
    report = Stage(tmp_path, {1: Skill(), 2: Skill()}).run()
    assert report.chosen is None
    assert "none has learned the character" in report.reason


def test_a_run_of_overtrained_checkpoints_has_no_winner(tmp_path: Path):
    report = Stage(tmp_path, {5: Skill(identity=0.9, obedience=0.2), 9: Skill(identity=0.9, obedience=0.1)}).run()
    assert report.chosen is None
    assert "all are over-trained" in report.reason
    assert any("fewer epochs" in sentence for sentence in report.advice)


@dataclass(frozen=True)
class Crowd(FakeReader):
    """Sees a larger stranger beside every face that was drawn, and the character's twin far behind."""

    references: frozenset[str] = frozenset()

    def faces(self, image: Image.Image) -> list[Face]:
        own = super().faces(image)
        if not own or pixel_sha256(image) in self.references:
            return own
        stranger = replace(own[0], box=(0.0, 0.0, 40.0, 40.0), embedding=-CHARACTER)
        twin = replace(own[0], box=(44.0, 0.0, 47.0, 3.0), embedding=CHARACTER)
        return [stranger, *own, twin]


def test_of_several_people_the_one_most_like_the_character_is_measured_in_every_column_and_said(tmp_path: Path):
    skills = {5: Skill(identity=0.3), 9: Skill(identity=0.8)}
    alone = Stage(tmp_path / "alone", skills).run()
    stage = Stage(tmp_path / "crowd", skills)
    known = frozenset(pixel_sha256(open_sample(sample)) for sample in stage.subject().references)
    crowd = stage.run(Crowd(references=known))
    for one, many in zip(alone.columns, crowd.columns, strict=True):
        for own, picture in zip(one.pictures, many.pictures, strict=True):
            assert (own.faces, picture.faces) == (1, 2)
            assert picture.identity == own.identity
    assert crowd.chosen == alone.chosen
    assert any(
        note.startswith("Pictures with several faces (No LoRA: 36, ") and "the other faces are not" in note
        for note in crowd.notes
    )
    assert not any("several faces" in note for note in alone.notes)


def test_lost_faces_mean_broken_and_are_never_low_identity(tmp_path: Path):
    report = Stage(tmp_path, {5: Skill(identity=0.9, faces=0.3), 9: Skill(identity=0.9, faces=0.0)}).run()
    some, none = report.checkpoints
    assert some.flags[0].kind == "broken"
    assert some.identity and some.identity.value > 0.9
    assert none.identity is None and none.likeness is None


def test_rising_held_out_loss_is_told_of_a_checkpoint_whose_pictures_are_good_and_rules_it_not_out(tmp_path: Path):
    losses = [(100, 0.064, 0.06), (150, 0.19, 0.045), (175, 0.193, 0.04), (200, 0.195, 0.038)]
    report = Stage(tmp_path, {100: Skill(identity=0.6), 200: Skill(identity=0.9)}, losses).run()
    assert report.chosen == "Step 200" and not report.checkpoints[1].flags
    assert ["by heart" in caution for caution in report.checkpoints[1].cautions] == [True]


def test_a_leak_without_the_trigger_warns_but_rules_nothing_out(tmp_path: Path):
    leaky = Stage(tmp_path, {100: Skill(identity=0.9, leak=0.4)}).run().checkpoints[0]
    assert leaky.cautions and not leaky.flags


def test_of_two_alike_the_one_that_does_not_leak_is_chosen(tmp_path: Path):
    report = Stage(tmp_path, {100: Skill(identity=0.9, leak=0.45), 200: Skill(identity=0.9)}).run()
    assert report.chosen == "Step 200"


def test_others_that_become_the_character_flag_it(tmp_path: Path):
    scores = Stage(tmp_path, {100: Skill(identity=0.9, leak=0.95)}).run().checkpoints[0]
    assert scores.bleed and scores.bleed.value == 1.0
    assert scores.overtrained


def test_without_an_attribute_reader_following_is_not_measured(tmp_path: Path):
    report = Stage(tmp_path, RISING).run(attributes=None)
    assert report.chosen == "Step 300"
    assert report.control.following is None
    assert "Prompt following is not measured." in report.notes
    assert "prompt following not measured" in report.reason


def test_the_control_is_drawn_first_and_without_a_lora(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill(identity=0.5)})
    events, _ = stage.follow()
    phases = [(event.phase, event.label) for event in events]
    once = [*[("drawing", "No LoRA")] * 36, *[("drawing", "Step 7")] * 36]
    assert phases == [*once, *[("reading", label) for _, label in once]]
    assert [shot.lora is None for shot in stage.generator.drawn] == [True] * 36 + [False] * 36


def test_progress_counts_every_picture_and_tells_the_time_left(tmp_path: Path):
    progress, _ = Stage(tmp_path, {7: Skill()}).follow()
    for phase in ("drawing", "reading"):
        events = [event for event in progress if event.phase == phase]
        assert [event.done for event in events] == list(range(1, 73))
        assert events[-1].total == 72 and events[-1].seconds_left == 0


def test_checkpoints_are_taken_in_order_of_steps(tmp_path: Path):
    stage = Stage(tmp_path, {1000: Skill(identity=0.9), 250: Skill(identity=0.2)})
    assert [scores.step for scores in stage.run().checkpoints] == [250, 1000]


def test_a_cancelled_comparison_goes_on_where_it_stopped(rising: tuple[Stage, Report], tmp_path: Path):
    stage = Stage(tmp_path, RISING)
    stopped = Stage(tmp_path, RISING)
    with pytest.raises(Cancelled, match="Stopped after 50 of 216 pictures"):
        stopped.run(cancelled=lambda: len(stopped.generator.drawn) >= 50)
    report = stage.run()
    assert len(stopped.generator.drawn) + len(stage.generator.drawn) == 6 * PICTURES
    assert report.reason == rising[1].reason


def test_a_second_run_answers_from_disk(rising: tuple[Stage, Report]):
    stage, first = rising
    stage.generator.drawn.clear()
    assert stage.follow() == ([], first)
    assert stage.generator.drawn == []


def test_another_reader_scores_kept_pictures_again_without_drawing(rising: tuple[Stage, Report], tmp_path: Path):
    shutil.copytree(rising[0].folder, tmp_path / "copy")
    stage = Stage(tmp_path / "copy", RISING)
    assert stage.run(FakeReader(name="second reader")).readers["faces"] == "second reader"
    assert stage.generator.drawn == []


def test_another_base_draws_everything_again(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill()})
    stage.run(base="one")
    stage.run(base="two")
    assert len(stage.generator.drawn) == 4 * PICTURES


def test_a_lora_of_the_same_name_with_other_contents_is_drawn_again(tmp_path: Path):
    Stage(tmp_path, {7: Skill()}).run()
    changed = Stage(tmp_path, {7: Skill(identity=0.9)})
    changed.run()
    assert len(changed.generator.drawn) == PICTURES


def test_a_damaged_kept_picture_is_drawn_again(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill()})
    report = stage.run()
    (stage.out / report.control.pictures[3].path).write_bytes(b"half a picture")
    stage.generator.drawn.clear()
    stage.run(FakeReader(name="second reader"))
    assert len(stage.generator.drawn) == 1


def test_a_report_survives_json(tmp_path: Path):
    stage = Stage(tmp_path, RISING, [(100, 0.06, 0.06), (500, 0.2, 0.03)])
    report = stage.run()
    kept = json.loads((stage.out / "report.json").read_text(encoding="utf-8"))
    assert Report.from_json(kept) == report


def test_a_report_with_an_unknown_key_is_refused(tmp_path: Path):
    data = Stage(tmp_path, {7: Skill()}).run().to_json()
    with pytest.raises(RunError, match="'winner'"):
        Report.from_json({**data, "winner": 7})


def test_where_no_reference_shows_a_face_the_rest_is_measured_and_said_so(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill()})
    Image.new("RGB", (48, 48)).save(tmp_path / "black.png")
    subject = replace(stage.subject(), references=(_sample(tmp_path / "black.png"),))
    report = follow(compare(plan(), [stage.candidate(7)], subject, stage.tools()))
    assert any("no face in the 1 reference pictures, so identity is not measured" in note for note in report.notes)
    assert report.control.identity is None and report.checkpoints[0].identity is None
    assert report.control.following and report.control.following.value == 1.0


def test_without_held_out_pictures_the_report_says_what_it_scored_against(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill(identity=0.9)})
    subject = replace(stage.subject(), references=(), others=None)
    report = follow(compare(plan(), [stage.candidate(7)], subject, stage.tools(attributes=None)))
    assert any("flatters memorising" in note for note in report.notes)
    assert report.checkpoints[0].top1 is None


def test_few_references_leave_the_top_of_the_scale_uncertain_and_files_are_told_by_what_they_hold(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill(identity=0.9), 9: Skill(identity=0.8)})
    subject = replace(stage.subject(), references=stage.subject().references[:3])
    candidates = [stage.candidate(7), stage.candidate(9), stage.candidate(9).at(0.5)]
    report = follow(compare(small_plan(), candidates, subject, stage.tools()))
    assert any(note.startswith("3 reference faces leave the upper end of the scale uncertain") for note in report.notes)
    files = {each.label: each.file for each in report.columns}
    assert files["No LoRA"] == "" and files["Step 9"] == files["Step 9 at 0.5"] != files["Step 7"] != ""
    assert not any("uncertain" in note for note in stage.quick(7).notes)


def test_no_checkpoints_or_two_of_one_step_are_refused(tmp_path: Path):
    stage = Stage(tmp_path, {})
    with pytest.raises(RunError, match="no checkpoints"):
        stage.run()
    other = Stage(tmp_path, {7: Skill()})
    with pytest.raises(RunError, match="same name"):
        follow(compare(plan(), [other.candidate(7)] * 2, other.subject(), other.tools()))


def test_a_missing_reference_picture_is_named(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill()})
    stage.subject()
    (tmp_path / "gone.png").unlink(missing_ok=True)
    subject = replace(
        stage.subject(),
        references=(_sample(tmp_path / "gone.png"),),
        others=np.eye(3),
    )
    with pytest.raises(DatasetError, match=r"gone\.png is missing"):
        follow(compare(plan(), [stage.candidate(7)], subject, stage.tools()))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    stage = Stage(tmp_path, {7: Skill()})
    stage.out.write_text("a file where the folder should be")
    with pytest.raises(RunError, match="Cannot write .*report.*choose another folder"):
        stage.run()


def test_a_failed_write_leaves_the_old_report_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stage = Stage(tmp_path, {7: Skill()})
    stage.run()
    before = {name: (stage.out / name).read_bytes() for name in ("report.json", "report.html", "report.png")}

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match="No space left"):
        stage.run(FakeReader(name="second reader"))
    assert {name: (stage.out / name).read_bytes() for name in before} == before
    assert not list(stage.out.glob("*.part")) and not list(stage.out.glob(".*.part"))


def _sample(path: Path) -> Sample:
    return Sample(path=path, sha256=stored(path) if path.is_file() else path.name, width=48, height=48)


@pytest.mark.parametrize("name", ["tied", "checkpoints", "notes", "control", "readers"])
def test_a_report_with_nothing_where_something_belongs_is_refused(rising: tuple[Stage, Report], name: str):
    with pytest.raises(RunError, match=f"no whole report: {name} is no"):
        Report.from_json({**rising[1].to_json(), name: None})
