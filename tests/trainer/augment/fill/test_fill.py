"""Filling gaps with a generator and readers that agree on a code of colours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, GROUNDS, FakeReader, mixed, picture
from trainer.augment.fill.fill import fill_gaps
from trainer.augment.fill.picture import draw_attempts, draw_change, draw_filled
from trainer.augment.fill.plan import FillPlan
from trainer.augment.fill.result import FillResult
from trainer.augment.fill.view import View
from trainer.augment.rounds import Drawing, Drawn
from trainer.dataset.audit.audit import audit
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.errors import Cancelled, DatasetError, ModelError
from trainer.faces.face import Face, Reading
from trainer.generate.attachments import ATTACHMENTS, Attachment
from trainer.generate.shot import Shot
from trainer.images.pixels import load_rgb, pixel_sha256
from trainer.runtime.work import follow

SIDE = 96
STRANGER = np.array([-0.48, 0.6, 0.64])
SMILE = View(axis="expression", bucket="smile", words="smiling", edit="Make the person smile.")
ANGRY = View(axis="expression", bucket="angry", words="angry")
FOREST = View(axis="background", bucket="another", words="forest")
TALL = View(axis="expression", bucket="smile", words="smiling", shape=(1, 2))
_EXPRESSIONS = {"neutral": "gray", "smile": "green", "angry": "red"}
"""The fakes show expressions by the colour of the ground."""


@dataclass(frozen=True)
class Reader(FakeReader):
    name: str = "fake reader"
    slots: Any = field(default_factory=lambda: {"expression": tuple(_EXPRESSIONS)})

    def faces(self, image: Image.Image) -> list[Face]:
        return super().faces(image.resize((48, 48), Image.Resampling.NEAREST))

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        known = {GROUNDS[ground]: word for word, ground in _EXPRESSIONS.items()}
        corners = [tuple(int(value) for value in np.asarray(image)[0, 0]) for image in images]
        return [Reading(values={"expression": known.get(corner, "neutral")}) for corner in corners]  # type: ignore[call-overload]


@dataclass
class Painter:
    """Draws what is asked, of the person `who` tells by attempt: the face, or None for nobody."""

    who: Any = field(default_factory=lambda: CHARACTER)
    heeds: bool = True
    blank: bool = False
    drawn: list[Shot] = field(default_factory=list[Shot])
    supports: frozenset[type[Attachment]] = ATTACHMENTS

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            self.drawn.append(shot)
            if self.blank:
                yield Image.new("RGB", (shot.width, shot.height))
                continue
            word = next((w for w in ("smil", "angry", "forest") if w in shot.prompt.lower()), "")
            ground = {"smil": "green", "angry": "red", "forest": "blue"}.get(word, "gray") if self.heeds else "gray"
            moved = np.random.default_rng(shot.seed).integers(-8, 9, size=2)
            who: Any = self.who(len(self.drawn)) if callable(self.who) else self.who
            small = picture(who, ground, (int(moved[0]), int(moved[1])))
            yield small.resize((shot.width, shot.height), Image.Resampling.NEAREST)


def pictures(folder: Path, count: int = 3, held: int = 1, size: tuple[int, int] = (SIDE, SIDE)) -> Dataset:
    folder.mkdir(parents=True, exist_ok=True)
    samples: list[Sample] = []
    for number in range(count + held):
        image = picture(CHARACTER, "gray", (number, -number)).resize(size, Image.Resampling.NEAREST)
        path = folder / f"{number}.png"
        image.save(path)
        samples.append(
            Sample(
                path=path,
                sha256=pixel_sha256(image),
                width=size[0],
                height=size[1],
                caption="sage, person, red scarf, neutral expression, oil painting",
                split="train" if number < count else "held_out",
            )
        )
    return Dataset(samples=tuple(samples), trigger="sage", subject="person", root=folder)


def run(dataset: Dataset, out: Path, painter: Painter | None = None, **more: Any) -> list[Any]:
    """Every event, and the result last."""
    reader = more.pop("reader", Reader())
    options = {name: more.pop(name) for name in ("cancelled", "fingerprint") if name in more}
    plan = FillPlan(**{"views": (SMILE,), "resolution": SIDE, "retries": 2, **more})
    looked = audit(dataset, faces=reader, attributes=reader)
    drawing = Drawing(**{"generator": painter or Painter(), "out": out, "fingerprint": "base", **options})
    events: list[Any] = []
    result = follow(fill_gaps(looked, plan, drawing, reader, reader), events.append)
    return [*events, result]


def fill(*parts: Any, **more: Any) -> FillResult:
    return run(*parts, **more)[-1]


def test_a_gap_is_filled_with_what_it_asks_for(tmp_path: Path) -> None:
    dataset = pictures(tmp_path / "in")
    filled = fill(dataset, tmp_path / "out", per_gap=2)
    made = filled.dataset.samples[len(dataset.samples) :]
    assert len(made) == len(filled.made) == 2
    assert all(one.origin == "filled" and one.split == "train" and one.seed is not None for one in made)
    assert {one.caption for one in made} == {"sage, person, red scarf, smiling, oil painting"}
    assert {one.source for one in made} <= {one.sha256 for one in dataset.train}
    assert all(one.likeness and one.likeness.against == "held-out pictures" for one in made)
    assert len(filled.after.axes["expression"].buckets["smile"]) == 2
    assert not filled.before.axes["expression"].buckets["smile"]
    assert Dataset.from_json(filled.dataset.to_json()) == filled.dataset


def test_another_person_is_not_kept_and_is_told(tmp_path: Path) -> None:
    filled = fill(pictures(tmp_path / "in"), tmp_path / "out", Painter(who=STRANGER))
    assert not filled.made and filled.short
    assert "0 of 1 filled after 3 tries (3 ×: another face" in "\n".join(filled.texts)
    assert filled.dataset.samples == pictures(tmp_path / "in").samples or len(filled.dataset.samples) == 4


def test_identity_is_judged_by_held_out_pictures_not_by_the_reference(tmp_path: Path) -> None:
    """A reference of somebody else does not make somebody else right."""
    dataset = pictures(tmp_path / "in", count=1, held=2)
    odd = picture(STRANGER, "gray").resize((SIDE, SIDE), Image.Resampling.NEAREST)
    odd.save(tmp_path / "in" / "0.png")
    first = replace(dataset.samples[0], sha256=pixel_sha256(odd))
    filled = fill(dataset.with_samples((first, *dataset.samples[1:])), tmp_path / "out", Painter(who=STRANGER))
    assert not filled.made
    assert all(one.verdict.reference is not None and one.verdict.reference > 0.99 for one in filled.tried)


def test_with_one_picture_only_the_figures_say_that_they_flatter(tmp_path: Path) -> None:
    filled = fill(pictures(tmp_path / "in", count=1, held=0), tmp_path / "out")
    assert filled.made and any("flatters" in text for text in filled.texts)


def test_a_picture_that_misses_its_bucket_is_not_kept(tmp_path: Path) -> None:
    filled = fill(pictures(tmp_path / "in"), tmp_path / "out", Painter(heeds=False))
    assert not filled.made and "shows neutral" in "\n".join(filled.texts)


def test_what_fails_is_tried_again_with_another_seed_and_reference(tmp_path: Path) -> None:
    painter = Painter(who=lambda count: None if count < 3 else CHARACTER)
    filled = fill(pictures(tmp_path / "in"), tmp_path / "out", painter, way="edit")
    assert len(filled.made) == 1 and len(filled.tried) == 3
    assert len({shot.seed for shot in painter.drawn}) == 3
    assert len({shot.references for shot in painter.drawn}) == 3


def test_another_background_must_be_one_the_set_does_not_have(tmp_path: Path) -> None:
    dataset = pictures(tmp_path / "in")
    assert len(fill(dataset, tmp_path / "out", views=(FOREST,)).made) == 1
    assert not fill(dataset, tmp_path / "out", Painter(heeds=False), views=(FOREST,), fingerprint="other").made


def test_references_keep_their_shape(tmp_path: Path) -> None:
    painter = Painter()
    fill(
        pictures(tmp_path / "in", size=(64, 192)), tmp_path / "out", painter, way="edit", views=(TALL,), resolution=128
    )
    shot = painter.drawn[0]
    wide, high = load_rgb(shot.references[0].path).size
    assert wide / high == pytest.approx(1 / 3, rel=0.12)
    assert shot.width / shot.height == pytest.approx(1 / 2, rel=0.12)
    assert shot.start is None and "Make" not in shot.prompt and "Keep the same person" in shot.prompt


def test_several_references_can_be_shown_at_once(tmp_path: Path) -> None:
    painter = Painter()
    fill(pictures(tmp_path / "in"), tmp_path / "out", painter, way="edit", at_once=2)
    assert len(set(painter.drawn[0].references)) == 2


def test_held_out_pictures_are_never_references(tmp_path: Path) -> None:
    painter, dataset = Painter(who=None), pictures(tmp_path / "in", count=2, held=3)
    fill(dataset, tmp_path / "out", painter, way="edit", at_once=5, retries=5)
    held = {sample.sha256 for sample in dataset.held_out}
    shown = {one.path.stem for shot in painter.drawn for one in shot.references}
    assert shown and not shown & held
    with pytest.raises(DatasetError, match="No picture with a face is left"):
        fill(dataset.with_samples(dataset.held_out), tmp_path / "out", gaps=("smile",))


def test_nothing_is_drawn_twice_and_cancel_loses_nothing(tmp_path: Path) -> None:
    dataset, views = pictures(tmp_path / "in"), (SMILE, ANGRY)
    first, calls = Painter(), iter([False, True])
    with pytest.raises(Cancelled):
        run(dataset, tmp_path / "out", first, views=views, cancelled=lambda: next(calls, True))
    assert len(first.drawn) == 1
    second, whole = Painter(), Painter()
    again = fill(dataset, tmp_path / "out", second, views=views)
    assert len(second.drawn) == 1
    plain = fill(dataset, tmp_path / "whole", whole, views=views)
    assert [one.sha256 for one in again.dataset.samples] == [one.sha256 for one in plain.dataset.samples]
    third = Painter()
    fill(dataset, tmp_path / "out", third, views=views)
    assert not third.drawn
    other = Painter()
    fill(dataset, tmp_path / "out", other, views=views, fingerprint="another model")
    assert len(other.drawn) == 2


def test_made_pictures_get_at_most_their_share_of_training(tmp_path: Path) -> None:
    few = fill(pictures(tmp_path / "in", count=1, held=0), tmp_path / "out", per_gap=6)
    shown = [sum(s.repeats for s in few.dataset.train if s.is_made is made) for made in (True, False)]
    assert shown[0] / sum(shown) == pytest.approx(0.6, abs=0.03)
    many = fill(pictures(tmp_path / "more", count=8), tmp_path / "out")
    assert all(sample.repeats == 1 for sample in many.dataset.samples), "one made picture among eight needs no balance"


def test_a_pose_is_given_where_the_view_is_one_of_angle_or_framing(tmp_path: Path) -> None:
    painter = Painter()
    views = (SMILE, View(axis="angle", bucket="left profile", words="profile"))
    fill(pictures(tmp_path / "in"), tmp_path / "out", painter, views=views, posed=True, gaps=("smile", "left profile"))
    hints = {shot.prompt.split(", ")[2]: shot.control for shot in painter.drawn}
    assert any(
        shot.control is not None and load_rgb(shot.control.path).size == (shot.width, shot.height)
        for shot in painter.drawn
    )
    assert None in hints.values()


def test_without_a_reader_nothing_is_a_gap_but_views_can_be_asked_for(tmp_path: Path) -> None:
    dataset = pictures(tmp_path / "in")
    looked = audit(dataset)
    plan = FillPlan(views=(SMILE,), resolution=SIDE)
    drawing = Drawing(generator=Painter(), out=tmp_path / "out", fingerprint="base")
    events: list[Any] = []
    empty = follow(fill_gaps(looked, plan, drawing), events.append)
    assert not events and "No gaps" in empty.texts[0]
    filled = follow(fill_gaps(looked, replace(plan, gaps=("smile",)), drawing))
    assert len(filled.made) == 1
    assert any("look at" in text for text in filled.texts)


def test_blank_pictures_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="blank pictures in a row"):
        run(pictures(tmp_path / "in"), tmp_path / "out", Painter(blank=True))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"per_gap": 0}, "0 pictures a gap"), ({"denoise": 0.0}, "denoise of 0"), ({"views": ()}, "no views"),
     ({"at_once": 9}, "9 references"), ({"way": "magic"}, "no way 'magic'")],
)  # fmt: skip
def test_plans_that_cannot_be_made_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        FillPlan(**wrong)


def test_sheets_show_every_picture(tmp_path: Path) -> None:
    *drawn, filled = run(pictures(tmp_path / "in"), tmp_path / "out", per_gap=6)
    assert all(isinstance(one, Drawn) for one in drawn) and drawn[-1].done == drawn[-1].total == 6
    assert draw_filled(filled).width > draw_attempts([drawn[0].attempt]).width
    assert draw_filled(filled).height > 1.5 * draw_attempts([drawn[0].attempt]).height
    chart = draw_change(filled)
    assert chart.width >= 1000 and chart.height > 800


def test_faces_are_held_to_what_the_set_is_like(tmp_path: Path) -> None:
    """0.15 under the set's own likeness is more than the reader's 0.6 for one person."""
    drifted = Painter(who=mixed(CHARACTER, STRANGER, 0.42))
    filled = fill(pictures(tmp_path / "in"), tmp_path / "out", drifted, retries=0)
    [attempt] = filled.tried
    assert attempt.verdict.identity is not None and 0.6 < attempt.verdict.identity < 0.85
    assert not attempt.verdict.is_kept
