"""Making variants with a generator and readers that agree on a code of colours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, FakeReader, mixed, picture
from trainer.augment.rounds import Drawing, Drawn
from trainer.augment.variants.make import make_variants
from trainer.augment.variants.plan import VariantPlan
from trainer.augment.variants.result import VariantResult
from trainer.augment.variants.style import Style
from trainer.dataset.checks.duplicates import near_pairs
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.errors import Cancelled, DatasetError, ModelError
from trainer.faces.face import Face
from trainer.generate.attachments import ATTACHMENTS, Attachment
from trainer.generate.shot import Shot
from trainer.images.pixels import pixel_sha256
from trainer.runtime.work import follow

OIL, INK = Style(prompt="oil painting"), Style(prompt="ink drawing", low=0.3, high=0.6)
SIDE = 96


@dataclass(frozen=True)
class Reader(FakeReader):
    """Finds the fake face at this size too."""

    def faces(self, image: Image.Image) -> list[Face]:
        return super().faces(image.resize((48, 48), Image.Resampling.NEAREST))


@dataclass
class Painter:
    """The higher the denoise the more of a stranger; above `lost` it draws nobody."""

    drift: float = 0.8
    blank: bool = False
    lost: float = 2.0
    drawn: list[Shot] = field(default_factory=list[Shot])
    supports: frozenset[type[Attachment]] = ATTACHMENTS

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        assert len(shots) == 1, "a picture's last bits depend on its batch, which differs after a Cancel"
        for shot in shots:
            self.drawn.append(shot)
            yield self._draw(shot)

    def _draw(self, shot: Shot) -> Image.Image:
        if self.blank:
            return Image.new("RGB", (shot.width, shot.height))
        assert shot.opened_start() is not None
        rng = np.random.default_rng(shot.seed)
        face = None if shot.denoise > self.lost else mixed(CHARACTER, rng.normal(size=3), self.drift * shot.denoise)
        moved = rng.integers(-8, 9, size=2)
        small = picture(face, "red", (int(moved[0]), int(moved[1])))
        return small.resize((shot.width, shot.height), Image.Resampling.NEAREST)


class Looks:
    name = "fake looks"

    def margin(self, image: Image.Image, style: str) -> float | None:
        return -0.5 if style == "ink drawing" else 0.9


def renders(folder: Path, count: int = 4, held: int = 1, size: tuple[int, int] = (SIDE, SIDE)) -> Dataset:
    samples: list[Sample] = []
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count + held):
        image = picture(CHARACTER, "blue", (number, -number)).resize(size, Image.Resampling.NEAREST)
        path = folder / f"{number}.png"
        image.save(path)
        samples.append(
            Sample(
                path=path,
                sha256=pixel_sha256(image),
                width=size[0],
                height=size[1],
                caption="sage, person, smiling",
                split="train" if number < count else "held_out",
            )
        )
    return Dataset(samples=tuple(samples), trigger="sage", subject="person", root=folder)


def made(
    dataset: Dataset, out: Path, painter: Any = None, plan: VariantPlan | None = None, **more: Any
) -> VariantResult:
    return run(dataset, out, painter, plan, **more)[-1]


def run(dataset: Dataset, out: Path, painter: Any = None, plan: VariantPlan | None = None, **more: Any) -> list[Any]:
    """Every event, and the result last."""
    options = {name: more.pop(name) for name in ("cancelled", "fingerprint") if name in more}
    drawing = Drawing(**{"generator": painter or Painter(), "out": out, "fingerprint": "base", **options})
    events: list[Any] = []
    work = make_variants(dataset, plan or _plan(), drawing, **{"faces": Reader(), "looks": None, **more})
    result = follow(work, events.append)
    return [*events, result]


def _plan(**more: Any) -> VariantPlan:
    return VariantPlan(**{"styles": (OIL,), "resolution": SIDE, "per_render": 2, **more})


def test_variants_know_where_they_come_from(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in")
    result = made(dataset, tmp_path / "out")
    variants = [sample for sample in result.dataset.samples if sample.origin == "variant"]
    assert len(variants) == 8
    assert {one.source for one in variants} == {sample.sha256 for sample in dataset.train}
    assert {one.style for one in variants} == {"oil painting"}
    assert len({one.seed for one in variants}) == 8
    assert all(one.caption == "sage, person, smiling, oil painting" for one in variants)
    assert all(one.path.is_file() and one.likeness and one.likeness.value is not None for one in variants)
    originals = [sample for sample in result.dataset.train if sample.origin == "original"]
    assert [one.caption for one in originals] == ["sage, person, smiling, 3d render"] * 4
    assert Dataset.from_json(result.dataset.to_json()) == result.dataset


def test_training_shows_variants_and_originals_sixty_to_forty(tmp_path: Path) -> None:
    result = made(renders(tmp_path / "in"), tmp_path / "out")
    shown = {True: 0, False: 0}
    for sample in result.dataset.train:
        shown[sample.origin == "variant"] += sample.repeats
    assert shown[True] * 2 == shown[False] * 3


def test_what_is_held_out_is_never_varied(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in", count=5, held=3)
    painter = Painter()
    result = made(dataset, tmp_path / "out", painter)
    held = {sample.family for sample in dataset.held_out}
    assert not held & {sample.family for sample in result.dataset.train}
    assert not any(sample.origin == "variant" for sample in result.dataset.held_out)


def test_a_crop_of_what_is_held_out_is_not_varied_either(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in", count=3, held=1)
    twin = replace(dataset.samples[0], origin="crop", source=dataset.held_out[0].sha256)
    result = made(dataset.with_samples((twin, *dataset.samples[1:])), tmp_path / "out")
    assert twin.family not in {s.family for s in result.dataset.samples if s.origin == "variant"}


def test_variants_of_crops_belong_to_the_crops_original(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in")
    crop = replace(dataset.samples[0], origin="crop", source="f" * 64)
    result = made(dataset.with_samples((crop,)), tmp_path / "out")
    assert {sample.family for sample in result.dataset.samples} == {"f" * 64}


def test_siblings_are_no_duplicates(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in", count=1, held=0)
    samples = made(dataset, tmp_path / "out", plan=_plan(per_render=4)).dataset.samples
    assert not near_pairs([0] * 5, [0] * 5, [sample.family for sample in samples])
    assert near_pairs([0] * 5, [0] * 5, [sample.sha256 for sample in samples])


def test_the_schedule_keeps_the_highest_denoise_at_which_half_the_faces_stay(tmp_path: Path) -> None:
    result = made(renders(tmp_path / "in"), tmp_path / "out", Painter(drift=0.9))
    found = result.styles[0].found
    assert found.denoise is not None
    assert found.denoise == found.steps[-1].denoise < found.style.high
    assert all(2 * step.kept < step.tried for step in found.steps[:-1])
    assert 2 * found.steps[-1].kept >= found.steps[-1].tried
    identities = [attempt.verdict.identity or 0.0 for attempt in result.kept]
    assert all(identity >= Reader().same_person for identity in identities)


def test_a_style_that_stays_a_render_is_left_out_and_named(tmp_path: Path) -> None:
    result = made(renders(tmp_path / "in"), tmp_path / "out", plan=_plan(styles=(OIL, INK)), looks=Looks())
    assert [figures.found.denoise is None for figures in result.styles] == [False, True]
    assert any(text.startswith("ink drawing: left out") for text in result.texts)
    assert {s.style for s in result.dataset.samples if s.origin == "variant"} == {"oil painting"}


def test_strangers_are_tried_again_then_dropped_and_named(tmp_path: Path) -> None:
    painter = Painter(drift=0.8)
    plan = _plan(styles=(replace(OIL, low=0.5, high=0.5),), per_render=4, retries=0)
    result = made(renders(tmp_path / "in", count=6), tmp_path / "out", painter, plan)
    assert result.dropped
    assert all("below 0.85" in one.sentence for one in result.dropped), "0.15 under what the renders are"
    again = Painter(drift=0.8)
    assert len(made(renders(tmp_path / "in", count=6), tmp_path / "out", again, replace(plan, retries=3)).kept) > len(
        result.kept
    )
    assert not {shot.seed for shot in again.drawn} & {shot.seed for shot in painter.drawn}, "a retry takes a new seed"
    kept = [attempt.verdict.identity for attempt in result.kept]
    assert all(value is not None and value >= 0.85 for value in kept)


def test_nothing_is_drawn_twice(tmp_path: Path) -> None:
    dataset, first, again = renders(tmp_path / "in"), Painter(), Painter()
    one = made(dataset, tmp_path / "out", first)
    two = made(dataset, tmp_path / "out", again)
    assert first.drawn and not again.drawn
    assert two.dataset == one.dataset
    other = Painter()
    made(dataset, tmp_path / "out", other, fingerprint="another base")
    assert len(other.drawn) == len(first.drawn)


@pytest.mark.parametrize("after", [0, 1, 3, 7])
def test_a_cancelled_run_goes_on_and_ends_the_same(tmp_path: Path, after: int) -> None:
    dataset, whole = renders(tmp_path / "in"), Painter()
    expected = made(dataset, tmp_path / "whole", whole).dataset
    first, rest = Painter(), Painter()
    with pytest.raises(Cancelled, match="go on from there"):
        made(dataset, tmp_path / "out", first, cancelled=lambda: len(first.drawn) >= after)
    got = made(dataset, tmp_path / "out", rest).dataset
    assert [(s.sha256, s.caption, s.repeats) for s in got.samples] == [
        (s.sha256, s.caption, s.repeats) for s in expected.samples
    ]
    assert len(first.drawn) + len(rest.drawn) == len(whole.drawn)


def test_a_picture_that_was_torn_on_disk_is_drawn_again(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in")
    result = made(dataset, tmp_path / "out")
    (tmp_path / "out" / f"{result.kept[0].kept.sha256}.png").write_bytes(b"torn")
    painter = Painter()
    assert made(dataset, tmp_path / "out", painter).dataset == result.dataset
    assert len(painter.drawn) == 1


def test_blank_pictures_stop_the_run_and_are_not_remembered(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in")
    with pytest.raises(ModelError, match="fp32-vae"):
        made(dataset, tmp_path / "out", Painter(blank=True))
    assert made(dataset, tmp_path / "out").kept


def test_a_render_without_a_face_stays_an_original_and_is_named(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in", count=3)
    image = picture(None).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    image.save(tmp_path / "in" / "nobody.png")
    nobody = replace(dataset.samples[0], path=tmp_path / "in" / "nobody.png", sha256=pixel_sha256(image))
    result = made(dataset.with_samples((*dataset.samples, nobody)), tmp_path / "out")
    assert any("nobody.png: no face is found" in text for text in result.texts)
    assert nobody.sha256 in {sample.sha256 for sample in result.dataset.train}
    assert nobody.sha256 not in {sample.source for sample in result.dataset.samples}


def test_no_render_with_a_face_at_all_is_refused(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in", count=1, held=0)
    image = picture(None).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    image.save(dataset.samples[0].path)
    sample = replace(dataset.samples[0], sha256=pixel_sha256(image))
    with pytest.raises(DatasetError, match="No picture is left"):
        made(dataset.with_samples((sample,)), tmp_path / "out")


def test_mixed_sizes_and_transparency_begin_from_opaque_pictures_of_their_shape(tmp_path: Path) -> None:
    dataset = renders(tmp_path / "in", count=2, held=0, size=(150, 75))
    layered = Image.open(dataset.samples[1].path).convert("RGBA")
    layered.putpixel((0, 0), (0, 0, 0, 0))
    layered.save(dataset.samples[1].path)
    flat = Image.alpha_composite(Image.new("RGBA", layered.size, "green"), layered).convert("RGB")
    second = replace(dataset.samples[1], sha256=pixel_sha256(flat), matte="green", masked=True)
    painter = Painter()
    result = made(dataset.with_samples((dataset.samples[0], second)), tmp_path / "out", painter)
    assert {(shot.width, shot.height) for shot in painter.drawn} == {(128, 64)}
    variants = [sample for sample in result.dataset.samples if sample.origin == "variant"]
    assert {(v.width, v.height, v.masked) for v in variants} == {(128, 64, False)}


def test_unchecked_variants_are_taken_as_they_come(tmp_path: Path) -> None:
    result = made(renders(tmp_path / "in"), tmp_path / "out", Painter(lost=0.0), _plan(check=False))
    assert len(result.kept) == 8 and not result.dropped
    assert {attempt.denoise for attempt in result.kept} == {OIL.denoise_schedule()[2]}


def test_every_picture_is_told_with_how_far_the_work_is(tmp_path: Path) -> None:
    told = [event for event in run(renders(tmp_path / "in"), tmp_path / "out") if isinstance(event, Drawn)]
    assert told[-1].done == told[-1].total == 8
    assert all(event.attempt.path.is_file() and event.attempt.source.start.is_file() for event in told)


def test_cancel_is_noticed_while_renders_are_read(tmp_path: Path) -> None:
    asked: list[bool] = []

    def at_the_second() -> bool:
        asked.append(True)
        return len(asked) > 1

    with pytest.raises(Cancelled, match="reading the renders"):
        made(renders(tmp_path / "in"), tmp_path / "out", cancelled=at_the_second)
    assert len(list((tmp_path / "out").glob("*.png"))) == 1
