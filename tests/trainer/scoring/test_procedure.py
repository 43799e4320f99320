"""How a comparison goes about it: what is drawn and read again, when the base is freed, what is refused."""

import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.fakes import FakeGenerator, FakeReader, Skill
from trainer.errors import Cancelled, ModelError, RunError
from trainer.faces.face import Box, Face, Reading
from trainer.generate.shot import Shot
from trainer.runtime.work import follow
from trainer.scoring.compare import compare
from trainer.scoring.cost import cost_of
from trainer.scoring.drawing import Compared
from trainer.scoring.plan.candidate import Candidate
from trainer.scoring.reading.descriptor import Description
from trainer.scoring.reading.readers import is_broken
from trainer.scoring.reading.readings import Readings
from trainer.scoring.report.kept import write_report
from trainer.scoring.scores import Scores

from .stage import RISING, Stage, small_plan, write_lora

procedure = importlib.import_module("trainer.scoring.measuring")
EACH = small_plan().pictures
TRAINED, SAMPLES = 3, 4
"""Different pictures of a stage that were trained on, and with the references."""


@dataclass(frozen=True)
class Counting(FakeReader):
    """Counts the pictures it is asked to look at."""

    looks: list[str] = field(default_factory=list[str])

    def faces(self, image: Image.Image) -> list[Face]:
        self.looks.append("faces")
        return super().faces(image)

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        self.looks.extend(["words"] * len(images))
        return super().read(images)

    def taken(self) -> dict[str, int]:
        """How often since it was last asked."""
        counts = {kind: self.looks.count(kind) for kind in ("faces", "words")}
        self.looks.clear()
        return counts


@dataclass
class Told(FakeGenerator):
    """Writes what it did to a list that others write to as well."""

    log: list[str] = field(default_factory=list[str])

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for image in super().generate(shots):
            self.log.append("drawn")
            yield image


def test_one_checkpoint_more_costs_one_checkpoint_of_drawing_and_of_reading(tmp_path: Path) -> None:
    stage, reader = Stage(tmp_path, RISING), Counting()
    stage.quick(200, 300, faces=reader, attributes=reader)
    assert len(stage.generator.drawn) == 3 * EACH
    assert reader.taken() == {"faces": SAMPLES + 3 * EACH, "words": TRAINED + 3 * EACH}
    stage.generator.drawn.clear()
    assert stage.quick(200, 300, 400, faces=reader, attributes=reader).checkpoints[-1].step == 400
    assert len(stage.generator.drawn) == EACH
    assert reader.taken() == {"faces": EACH, "words": EACH}


def test_another_reader_reads_all_again_and_its_numbers_never_mix(tmp_path: Path) -> None:
    stage, first, second = Stage(tmp_path, RISING), Counting(name="one"), Counting(name="two")
    once = stage.quick(200, faces=first, attributes=first)
    stage.generator.drawn.clear()
    again = stage.quick(200, faces=second, attributes=first)
    assert stage.generator.drawn == []
    assert second.taken()["faces"] == SAMPLES + 2 * EACH and first.taken()["words"] == TRAINED + 2 * EACH
    assert (once.readers["faces"], again.readers["faces"]) == ("one", "two")
    (stage.out / "report.json").unlink()
    stage.quick(200, faces=first, attributes=first)
    assert first.taken() == {"faces": 0, "words": 0}


@dataclass
class Descriptive:
    """Describes by the mean colour, and counts how often two pictures are laid on each other."""

    name: str = "mean colour"
    asked: int = 0

    def describe(self, image: Image.Image, face: Box | None) -> Description:
        return Description(whole=np.asarray(image, float).mean(axis=(0, 1)))

    def copied(self, one: Description, other: Description) -> float:
        self.asked += 1
        return float(np.abs(one.whole - other.whole).max() < 1)

    def shared_background(self, one: Description, other: Description) -> float | None:
        return None


def test_pictures_are_laid_on_training_pictures_once(tmp_path: Path) -> None:
    stage, descriptor = Stage(tmp_path, RISING), Descriptive()
    stage.quick(200, 300, descriptor=descriptor)
    assert descriptor.asked == 3 * EACH * TRAINED
    first, descriptor.asked = stage.quick(200, 300, descriptor=descriptor), 0
    report = stage.quick(200, 300, 500, descriptor=descriptor)
    assert descriptor.asked == EACH * TRAINED
    assert report.checkpoints[0].pictures == first.checkpoints[0].pictures


def test_the_base_is_freed_once_all_is_drawn_and_before_any_of_it_is_read(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    drawn = Told(stage.generator.trigger, stage.generator.skills)
    events: list[Compared] = []
    log = drawn.log
    tools = stage.tools(generator=drawn, release=lambda: log.append("freed"))
    candidates = [stage.candidate(step) for step in (200, 300)]

    def note(event: Compared) -> None:
        events.append(event)
        if event.phase == "reading":
            log.append("read")

    follow(compare(small_plan(), candidates, stage.subject(), tools), note)
    assert log == [*["drawn"] * 3 * EACH, "freed", *["read"] * 3 * EACH]


def test_the_winners_neighbours_and_strengths_are_drawn_with_the_base_loaded_once_more(tmp_path: Path) -> None:
    stage, freed = Stage(tmp_path, RISING), list[int]()
    count = stage.generator.drawn.__len__
    plan = small_plan(strengths=(0.7, 1.0))
    report = stage.quick(100, 400, plan=plan, rest=(200, 300, 500), release=lambda: freed.append(count()))
    columns = [(each.label, each.strength) for each in report.checkpoints]
    chosen = str(report.chosen)
    assert columns == sorted(
        [(f"Step {step}", 1.0) for step in (100, 300, 400, 500)] + [(f"{chosen} at 0.7", 0.7)],
        key=lambda column: (column[0].split()[1], column[0]),
    )
    assert freed == [3 * EACH, 6 * EACH]
    assert chosen in ("Step 300", "Step 400")


def test_a_strength_of_its_own_has_pictures_of_its_own(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {300: Skill(identity=0.9)})
    stage.quick(300)
    half = replace(stage.candidate(300), label="half", strength=0.5)
    stage.generator.drawn.clear()
    report = follow(compare(small_plan(), [half], stage.subject(), stage.tools()))
    assert {shot.lora and shot.lora.strength for shot in stage.generator.drawn} == {0.5}
    assert report.checkpoints[0].strength == 0.5


@pytest.mark.parametrize("phase", ["drawing", "reading"])
def test_cancelled_in_either_phase_nothing_is_drawn_or_read_twice(tmp_path: Path, phase: str) -> None:
    stage, reader = Stage(tmp_path, RISING), Counting()
    seen: list[Compared] = []
    work = compare(
        small_plan(),
        [stage.candidate(200)],
        stage.subject(),
        stage.tools(faces=reader, attributes=None),
        lambda: sum(event.phase == phase for event in seen) >= 3,
    )
    with pytest.raises(Cancelled, match="Stopped after 3 of 8 pictures.*run again"):
        follow(work, seen.append)
    assert sum(event.phase == phase for event in seen) == 3
    stage.quick(200, faces=reader, attributes=None)
    assert len(stage.generator.drawn) == 2 * EACH
    assert reader.taken()["faces"] == SAMPLES + 2 * EACH


def test_cancelled_while_the_characters_pictures_are_read_nothing_is_drawn_and_none_read_twice(tmp_path: Path) -> None:
    stage, reader = Stage(tmp_path, RISING), Counting()
    tools = stage.tools(faces=reader, attributes=None)
    work = compare(small_plan(), [stage.candidate(200)], stage.subject(), tools, lambda: len(reader.looks) >= 2)
    with pytest.raises(Cancelled, match="pictures of the character were read; run again"):
        follow(work)
    assert stage.generator.drawn == []
    stage.quick(200, faces=reader, attributes=None)
    assert reader.taken()["faces"] == SAMPLES + 2 * EACH


def foreign(tmp_path: Path, name: str, text: str | None = None) -> Candidate:
    path = write_lora(tmp_path / f"{name}.safetensors", prefix="diffusion_model.blocks.0.self_attn.q")
    if text is not None:
        path.write_text(text)
    return Candidate(label=name, path=path, step=1)


def test_files_of_another_family_and_damaged_ones_are_left_out_and_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {300: Skill(identity=0.9)})
    candidates = [foreign(tmp_path, "wan"), foreign(tmp_path, "page", "<html>"), stage.candidate(300)]
    work = compare(small_plan(), candidates, stage.subject(), stage.tools(family="SDXL"))
    report = follow(work)
    assert [each.label for each in report.checkpoints] == ["Step 300"]
    assert any(note.startswith("Left out: ") and "wan.safetensors is a LoRA for Wan" in note for note in report.notes)
    assert any("page.safetensors" in note for note in report.notes)


def test_where_no_file_is_a_lora_of_the_base_nothing_is_drawn(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {})
    work = compare(small_plan(), [foreign(tmp_path, "wan")], stage.subject(), stage.tools(family="SDXL"))
    with pytest.raises(ModelError, match=r"wan\.safetensors is a LoRA for Wan and this base is SDXL"):
        follow(work)
    assert stage.generator.drawn == []


@dataclass
class Choosy(FakeGenerator):
    """Cannot apply the LoRA of that step."""

    refuses: str = ""

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        if self.refuses and any(shot.lora and self.refuses in shot.lora.path.name for shot in shots):
            raise ModelError(f"{self.refuses} does not fit this base.")
        return super().generate(shots)


def test_a_file_that_cannot_be_applied_is_left_out_until_it_can(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    choosy = Choosy(stage.generator.trigger, stage.generator.skills, refuses="000200")
    report = stage.quick(200, 300, generator=choosy)
    assert [each.step for each in report.checkpoints] == [300]
    assert any("000200 does not fit this base" in note for note in report.notes)
    choosy.refuses = ""
    assert [each.step for each in stage.quick(200, 300, generator=choosy).checkpoints] == [200, 300]
    choosy.refuses = "sage"
    with pytest.raises(ModelError, match="does not fit"):
        stage.quick(100, generator=choosy)


def test_a_folder_is_of_one_base_in_one_precision(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    report = stage.quick(300, base_name="juggernaut", precision="bfloat16")
    assert (report.base, report.precision) == ("juggernaut", "bfloat16")
    with pytest.raises(RunError, match="juggernaut in bfloat16, and this one would draw with juggernaut in float32"):
        stage.quick(300, base_name="juggernaut", precision="float32")
    with pytest.raises(RunError, match="Choose another folder"):
        stage.quick(300, base_name="pony", precision="bfloat16")


def test_the_cost_is_told_first_and_opens_no_file_where_nothing_is_kept(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {300: Skill()})
    many = [Candidate(label=str(n), path=tmp_path / f"{n}.safetensors", step=n) for n in range(200)]
    cost = cost_of(small_plan(strengths=(0.7,)), many, stage.out, refines=True)
    assert (cost.columns, cost.pictures, cost.kept, cost.more, cost.seconds) == (201, 201 * EACH, 0, 3 * EACH, None)
    assert cost.sentence.startswith("804 pictures to draw in 201 columns; up to 12 more for the winner.")


def test_the_cost_counts_what_is_kept_and_knows_the_pace(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    stage.quick(300)
    cost = cost_of(small_plan(), [stage.candidate(300), stage.candidate(400)], stage.out)
    assert (cost.pictures, cost.kept) == (EACH, 2 * EACH)
    assert cost.seconds is not None and 0 < cost.seconds < 5
    assert "8 are kept from before: about 1 seconds" in cost.sentence


def test_without_a_face_reader_everything_else_is_measured_and_said_so(tmp_path: Path) -> None:
    report = Stage(tmp_path, RISING).quick(300, faces=None)
    assert any("No face reader is used, so identity is not measured" in note for note in report.notes)
    assert report.control.identity is None and report.control.following is not None
    assert report.readers["faces"] == ""
    assert report.chosen is None and report.checkpoints[0].flags == ()
    assert "choose by eye. Nothing else is against Step 300." in report.reason


def test_what_is_asked_and_read_and_how_a_face_looks_stand_in_every_picture(tmp_path: Path) -> None:
    report = Stage(tmp_path, RISING).quick(300)
    asked = [picture for picture in report.checkpoints[0].pictures if picture.kind == "prompt"]
    assert [(picture.asked, picture.read) for picture in asked] == [({"background": "red"}, {"background": "red"})] * 2
    assert {picture.yaw for picture in asked} == {0.0} and not any(picture.is_broken for picture in asked)
    assert Scores.from_json(json.loads(json.dumps(report.checkpoints[0].to_json()))) == report.checkpoints[0]


def test_black_blank_and_flat_pictures_are_broken_and_flat_drawings_are_not() -> None:
    rng = np.random.default_rng(0)
    black = Image.new("RGB", (64, 64))
    nearly = Image.fromarray(np.where(rng.random((64, 64)) < 0.005, 255, 0).astype(np.uint8))
    noise = Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8))
    drawing = Image.new("RGB", (64, 64), "white")
    drawing.paste("black", (20, 20, 40, 40))
    assert [is_broken(image) for image in (black, nearly, noise, drawing)] == [True, True, False, False]


def test_a_line_of_readings_cut_short_is_read_anew(tmp_path: Path) -> None:
    stage, reader = Stage(tmp_path, RISING), Counting()
    stage.quick(300, faces=reader, attributes=None)
    reader.taken()
    (stage.out / "report.json").unlink()
    for kept in (stage.out / "readings").glob("faces-*.jsonl"):
        kept.write_text(kept.read_text()[:-40])
    stage.quick(300, faces=reader, attributes=None)
    assert reader.taken()["faces"] == 1


def test_a_kept_picture_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    path = stage.out / stage.quick(300).control.pictures[0].path
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + b"?" * (len(whole) - 60) + whole[-20:])
    (stage.out / "report.json").unlink()
    with pytest.raises(RunError, match=f"{path.name} is damaged and was taken away; run again"):
        stage.quick(300)
    drawn: Any = stage.generator.drawn
    drawn.clear()
    stage.quick(300)
    assert len(drawn) == 1


def test_a_report_that_json_cannot_hold_leaves_no_half(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    report = stage.quick(300)
    with pytest.raises(ValueError, match="JSON"):
        write_report(replace(report, reference=float("nan")), tmp_path / "other")
    assert not (tmp_path / "other").exists()


class Overflowing(FakeReader):
    """Embeddings and angles on red are no numbers."""

    def faces(self, image: Image.Image) -> list[Face]:
        nan = np.nan if self.read([image])[0].values["background"] == "red" else 1.0
        return [replace(face, embedding=face.embedding * nan, yaw=nan) for face in super().faces(image)]


def test_faces_that_are_read_as_no_numbers_are_not_measured(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    known = {each.identity is not None: each for each in stage.quick(300, faces=Overflowing()).control.pictures}
    assert set(known) == {True, False}
    assert known[False].faces == 1 and known[False].yaw is None and known[True].yaw == 1.0


def test_a_precision_that_nobody_told_leaves_no_gap_in_the_refusal(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    stage.quick(300, base_name="juggernaut")
    with pytest.raises(RunError, match="drawn with juggernaut, and this one would draw with pony in float32;"):
        stage.quick(300, base_name="pony", precision="float32")


def test_references_that_were_trained_on_are_told_and_nobody_else_is_nobody(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    whom = stage.subject()
    mixed = replace(whom, references=(*whom.references, whom.training[0]), others=np.zeros((0, 3)))
    report = follow(compare(small_plan(), [stage.candidate(300)], mixed, stage.tools()))
    # The stage's pictures are drawn alike: three of the four held out are those trained on.
    assert any("reference pictures were trained on too" in note and "flatters" in note for note in report.notes)
    assert report.control.top1 is None
    own = follow(compare(small_plan(), [stage.candidate(300)], replace(whom, training=()), stage.tools()))
    assert not any("trained on too" in note for note in own.notes)


@dataclass(frozen=True)
class Printed(Counting):
    """With model files that can be exchanged."""

    fingerprint: str = ""


def test_another_model_file_under_a_readers_name_reads_all_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, RISING)
    for said in ("first", "second"):
        reader = Printed(fingerprint=said)
        stage.quick(300, faces=reader, attributes=reader)
        assert reader.taken() == {"faces": SAMPLES + 2 * EACH, "words": TRAINED + 2 * EACH}
    stage.generator.drawn.clear()
    first = Printed(fingerprint="first")
    stage.quick(300, faces=first, attributes=first)
    assert first.taken() == {"faces": 0, "words": 0} and stage.generator.drawn == []


@pytest.mark.parametrize(
    "changed", [{"label": "another"}, {"step": 7}, {"seed": 3}, {"path": "renamed.safetensors"}], ids=str
)
def test_a_column_that_is_called_otherwise_has_a_report_of_its_own_and_its_pictures_stay(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    stage = Stage(tmp_path, {300: Skill()})
    one = stage.candidate(300)
    once = follow(compare(small_plan(), [one], stage.subject(), stage.tools()))
    stage.generator.drawn.clear()
    if "path" in changed:
        changed = {"path": one.path.rename(one.path.with_name(changed["path"]))}
    again = follow(compare(small_plan(), [replace(one, **changed)], stage.subject(), stage.tools()))
    assert stage.generator.drawn == [] and again.key != once.key
    (column,) = again.checkpoints
    told = {"label": column.label, "step": column.step, "seed": column.seed, "path": column.lora}
    assert all(told[name] == getattr(value, "name", value) for name, value in changed.items())


def test_descriptions_are_let_go_once_they_have_told_what_they_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Any] = []
    usual = procedure.score
    monkeypatch.setattr(procedure, "score", lambda *given: held.extend(given[0].observations) or usual(*given))
    monkeypatch.setattr(Descriptive, "shared_background", lambda *_: 0.25)
    report = Stage(tmp_path, RISING).quick(300, descriptor=Descriptive())
    told = [each.background for scores in report.columns for each in scores.pictures if each.kind == "prompt"]
    assert told and set(told) == {0.25}
    assert held and all(each.described is None for each in held)
    assert all(picture.copied is not None for scores in report.columns for picture in scores.pictures)


def test_readings_lie_on_disk_and_the_last_of_a_key_counts(tmp_path: Path) -> None:
    first, second = Readings(tmp_path, "faces", "one"), Readings(tmp_path, "faces", "one")
    first.keep("a", [1])
    assert first.get("a") == [1] and second.get("a") is None
    first.save()
    second.keep("b", "b" * 9)
    second.save()
    first.keep("a", [2])
    first.keep("c", {"d": None})
    first.save()
    for kept in (first, Readings(tmp_path, "faces", "one")):
        assert (kept.get("a"), kept.get("c"), kept.get("e")) == ([2], {"d": None}, None)
    assert second.get("b") == "b" * 9 and Readings(tmp_path, "faces", "one").get("b") == "b" * 9
    next((tmp_path / "readings").iterdir()).unlink()
    assert first.get("a") is None
