"""Pictures that are drawn once."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.errors import Cancelled, ModelError
from trainer.generate.attachments import ATTACHMENTS, Attachment, Control, Lora, Reference, Start
from trainer.generate.render_cache import RenderCache, Rendering, RenderRequest
from trainer.generate.render_store import KeyedPictures
from trainer.generate.shot import Shot
from trainer.images.store import ImageStore
from trainer.scoring.drawing import picture_key

SHOT = Shot(prompt="person", width=16, height=16)


@dataclass
class Noise:
    """Draws noise of the seed; black where `blank`, and stops early after `most`."""

    blank: bool = False
    most: int = 99
    calls: list[int] = field(default_factory=list[int])
    supports: frozenset[type[Attachment]] = ATTACHMENTS

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        self.calls.append(len(shots))
        for shot in shots[: self.most]:
            yield Image.new("RGB", (16, 16)) if self.blank else noise(shot.seed)


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (16, 16, 3), dtype=np.uint8))


def saved(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise(seed).save(path)
    return path


def cache(folder: Path, generator: Noise, **more: Any) -> RenderCache:
    return RenderCache(**{"generator": generator, "store": ImageStore(folder), "fingerprint": "base", **more})


def render(one: RenderCache, *shots: Shot) -> list[Rendering[int]]:
    return list(one.render([RenderRequest(what=number, shot=shot) for number, shot in enumerate(shots)]))


@pytest.mark.parametrize("kind", [Start, Control, Reference])
def test_another_picture_to_draw_from_is_another_picture(tmp_path: Path, kind: Callable[..., Attachment]) -> None:
    one, two = saved(tmp_path / "1.png", 1), saved(tmp_path / "2.png", 2)
    generator = Noise()
    for path in (one, two, one):
        render(cache(tmp_path / "kept", generator), replace(SHOT, attachments=(kind(path=path),)))
    assert generator.calls == [1, 1], "the first is answered from what was kept, the second is not"


def test_a_reference_is_known_by_its_pixels_and_not_by_where_it_lies(tmp_path: Path) -> None:
    one, moved = saved(tmp_path / "1.png", 1), saved(tmp_path / "elsewhere" / "2.png", 1)
    generator = Noise()
    for path in (one, moved):
        render(cache(tmp_path / "kept", generator), replace(SHOT, attachments=(Reference(path=path),)))
    assert generator.calls == [1]
    saved(moved, 7)
    render(cache(tmp_path / "kept", generator), replace(SHOT, attachments=(Reference(path=moved),)))
    assert generator.calls == [1, 1], "rewritten in place"


@pytest.mark.parametrize(
    "changed",
    [{"prompt": "x"}, {"negative": "x"}, {"seed": 1}, {"width": 8}, {"height": 8}, {"steps": 1}, {"guidance": 1.0}],
)
def test_every_field_of_a_shot_is_in_its_key(tmp_path: Path, changed: dict[str, Any]) -> None:
    generator = Noise()
    render(cache(tmp_path, generator), SHOT, replace(SHOT, **changed))
    assert generator.calls == [1, 1]


@pytest.mark.parametrize("batched", [False, True])
def test_known_pictures_come_first_and_what_is_missing_is_drawn(tmp_path: Path, batched: bool) -> None:
    shots = [replace(SHOT, seed=seed) for seed in range(4)]
    render(cache(tmp_path, Noise()), shots[1])
    generator = Noise()
    one = cache(tmp_path, generator, in_batches=batched)
    got = render(one, *shots)
    assert [rendering.request.what for rendering in got] == [1, 0, 2, 3]
    assert [rendering.is_new for rendering in got] == [False, True, True, True]
    assert generator.calls == ([3] if batched else [1, 1, 1])
    assert (one.remembered, one.drawn) == (1, 3) and one.pace.each is not None
    assert all(rendering.image.tobytes() == noise(rendering.request.what).tobytes() for rendering in got)


def test_cancel_between_two_pictures_keeps_what_was_drawn(tmp_path: Path) -> None:
    generator, shots = Noise(), [replace(SHOT, seed=seed) for seed in range(3)]
    with pytest.raises(Cancelled, match="Stopped after 2 pictures"):
        render(cache(tmp_path, generator, cancelled=lambda: len(generator.calls) == 2), *shots)
    render(cache(tmp_path, generator), *shots)
    assert generator.calls == [1, 1, 1]


def test_three_blanks_in_a_row_stop_and_none_is_remembered(tmp_path: Path) -> None:
    shots = [replace(SHOT, seed=seed) for seed in range(4)]
    with pytest.raises(ModelError, match="3 blank pictures in a row"):
        render(cache(tmp_path, Noise(blank=True)), *shots)
    again = Noise()
    render(cache(tmp_path, again), *shots)
    assert again.calls == [1] * 4
    taken = cache(tmp_path / "taken", Noise(blank=True), refuses_blanks=False)
    assert len(render(taken, *shots)) == 4


def test_pictures_that_a_generator_leaves_out_are_counted(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="drew 1 of 2 pictures"):
        render(cache(tmp_path, Noise(most=1), in_batches=True), SHOT, replace(SHOT, seed=1))


def test_what_a_generator_does_not_support_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    generator = Noise(supports=frozenset({Start}))
    hinted = replace(SHOT, attachments=(Control(path=saved(tmp_path / "pose.png", 1)),))
    with pytest.raises(ModelError, match=r"no ControlNet to follow the hint pose\.png"):
        render(cache(tmp_path, generator), SHOT, hinted)
    assert not generator.calls


def test_keyed_pictures_are_files_by_key_and_a_torn_one_is_drawn_again(tmp_path: Path) -> None:
    store, generator = KeyedPictures(tmp_path / "pictures"), Noise()
    keyed = {"store": store, "key": lambda fingerprint, shot: f"{fingerprint}{shot.seed}"}
    (first,) = render(cache(tmp_path, generator, **keyed), SHOT)
    assert first.key == "base0" and store.path("base0").is_file()
    (known,) = render(cache(tmp_path, generator, **keyed), SHOT)
    assert known.kept == first.kept and not known.is_new
    store.path("base0").write_bytes(store.path("base0").read_bytes()[:80])
    render(cache(tmp_path, generator, **keyed), SHOT)
    assert generator.calls == [1, 1]


def test_comparisons_of_earlier_versions_keep_their_names(tmp_path: Path) -> None:
    """Written down at e4ace70: a comparison folder of then must be answered from and not drawn anew."""
    (tmp_path / "x.safetensors").write_bytes(b"lora")
    bare = Shot(prompt="person", negative="sad", seed=3, width=64, height=96, guidance=4.0)
    lora = Lora(path=tmp_path / "x.safetensors", strength=0.8)
    assert lora.content_key == hashlib.sha256(b"lora").hexdigest()
    assert picture_key("base", bare.with_lora(lora), 0.8) == "d1c8155f9f730608280192bad322653f"
    assert picture_key("base", bare, 0.8) == "c9972a6e78063c2bdb400c8fba9eabc4"
