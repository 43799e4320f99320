"""What is compared, by whom and with what prompts; what the page is told of it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.fakes import CHARACTER, SIDE, FakeGenerator, FakeReader, Skill, mixed, picture
from tests.trainer.scoring.stage import write_lora

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]
TRIGGER = "sage_character"
PROMPTS = "# trigger\n{trigger}, {subject}\n# prompt\n{trigger}, {subject}, red background | background: red"
SKILLS = {"good": Skill(identity=0.9), "weak": Skill(identity=0.05)}


class _Generator:
    """Draws as the fake one does, in place of the host's sampler; says which base it was given."""

    made: FakeGenerator
    supports: Any

    def __init__(self, model: Any, clip: Any, vae: Any, *, alone: bool) -> None:
        assert (model, clip, vae) != (None, None, None) and alone

    def generate(self, shots: Sequence[Any]) -> Iterator[Any]:
        return self.made.generate(shots)

    def fingerprint(self) -> str:
        return "f" * 64


@pytest.fixture
def drawn(pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> FakeGenerator:
    """LoRA files good-000001, good-000002 and weak among the host's; fakes that draw and read."""
    for name in ("good-000001", "good-000002", "weak"):
        write_lora(fake_host.home / "loras" / f"{name}.safetensors", {"name": name})
    skills = {"good-000001": SKILLS["weak"], "good-000002": SKILLS["good"], "weak": SKILLS["weak"]}
    _Generator.made = FakeGenerator(TRIGGER, skills)
    _Generator.supports = pack("trainer.generate.attachments").ATTACHMENTS
    comparing = pack("nodes.compare.comparing")
    monkeypatch.setitem(sys.modules, "likeness.nodes.host.generator", SimpleNamespace(HostGenerator=_Generator))
    reader = FakeReader()
    found = pack("nodes.compare.compare_readers").ComparisonReaders(faces=reader, attributes=reader)
    monkeypatch.setattr(comparing, "readers_for", lambda *_: found)
    return _Generator.made


@pytest.fixture
def compare(pack: Pack, fake_host: FakeHost) -> Callable[..., Any]:
    """The node, with a wired base, references and short prompts of 48 pixels unless told otherwise."""
    node = pack("nodes.compare.compare").CompareCheckpoints

    def run(**given: Any) -> Any:
        base = {name: SimpleNamespace(model_dtype=lambda: "torch.float32") for name in ("model", "clip", "vae")}
        widgets = {"prompts": "from the text below", "reader": "auto", "most": 6, "strength": 1.0}
        more = {"prompt_text": PROMPTS, "seeds": 2, "size": 64, "references": _references(pack, fake_host.home)}
        return node.execute(**{**base, **widgets, **more, **given})

    return run


def _references(pack: Pack, home: Path) -> Any:
    sample, dataset = pack("trainer.dataset.sample").Sample, pack("trainer.dataset.dataset").Dataset
    digest = pack("trainer.images.pixels")
    samples = []
    for number in range(4):
        path = home / "input" / f"{number}.png"
        picture(mixed(np.random.default_rng(number).normal(size=3), CHARACTER, 0.85)).save(path)
        stored = digest.pixel_sha256(digest.load_rgb(path))
        samples.append(sample(path=path, sha256=stored, width=SIDE, height=SIDE, split="held_out"))
    return dataset(samples=tuple(samples), trigger=TRIGGER, subject="person", root=home / "input")


def test_files_without_a_run_are_compared_and_the_better_is_chosen(
    drawn: FakeGenerator, compare: Any, fake_host: FakeHost
) -> None:
    made = compare(loras="good-*, weak", seeds=4)
    report = made.args[0].report
    assert [scores.label for scores in report.checkpoints] == ["good-000001", "good-000002", "weak"]
    assert report.chosen == "good-000002" and made.args[0].files["weak"].name == "weak.safetensors"
    assert report.precision == "float32" and report.base.startswith("a wired model ffffffff")
    assert made.args[0].folder == fake_host.home / "output" / "likeness_compared" / TRIGGER / "report"
    assert made.args[1].shape[-1] == 3 and made.ui["likeness_compare"][0]["chosen"] == "good-000002"
    assert len(drawn.drawn) == 4 * 2 * 4
    # Before anything is drawn the cost is said; then pictures come.
    notes = [data for event, data in fake_host.sent if event == "likeness.note"]
    assert "32 pictures to draw in 4 columns" in notes[0]["text"] and "live" not in notes[0]
    live = [data["live"] for data in notes if "live" in data]
    assert live[-1]["columns"] == ["No LoRA", "good-000001", "good-000002", "weak"] and fake_host.progress


def test_of_very_many_files_an_even_spread_is_compared_and_that_is_told(pack: Pack, fake_host: FakeHost) -> None:
    for number in range(1, 201):
        write_lora(fake_host.home / "loras" / f"many-{number:06d}.safetensors")
    columns = pack("nodes.compare.columns").columns_of(None, "many-*", 5)
    assert [each.label for each in columns.shown] == [f"Epoch {number}" for number in (40, 80, 120, 160, 200)]
    assert columns.said.startswith("5 of 200 LoRA files are compared, evenly spread")
    files = columns.files((0.8,))
    assert len(files) == 400 and files["Epoch 7 at 0.8"].name == "many-000007.safetensors"


def test_a_run_whose_folder_is_gone_is_told_and_files_beside_it_are_compared(pack: Pack, fake_host: FakeHost) -> None:
    run = SimpleNamespace(folder=fake_host.home / "output" / "gone", name="sage")
    columns_of = pack("nodes.compare.columns").columns_of
    with pytest.raises(pack("trainer.errors").RunError, match="The run 'sage' has no checkpoints any more"):
        columns_of(run, "", 6)
    write_lora(fake_host.home / "loras" / "weak.safetensors")
    assert [each.label for each in columns_of(run, "weak", 6).shown] == ["weak"]


def test_a_file_that_is_called_like_a_checkpoint_of_the_run_has_a_column_of_its_own(
    pack: Pack, fake_host: FakeHost
) -> None:
    folder = fake_host.home / "output" / "likeness" / "sage"
    write_lora(folder / "checkpoints" / "sage_step000003.safetensors")
    for step in (3, 6):
        write_lora(fake_host.home / "loras" / f"other-step{step:08d}.safetensors")
    columns = pack("nodes.compare.columns").columns_of(SimpleNamespace(folder=folder, name="sage"), "other-*", 6)
    assert sorted(each.label for each in columns.shown) == ["Step 3", "Step 6", "other-step00000003"]
    assert columns.files(())["Step 3"].parent.name == "checkpoints"


def test_one_file_more_costs_one_file_and_the_same_again_costs_none(drawn: FakeGenerator, compare: Any) -> None:
    compare(loras="good-*")
    before = len(drawn.drawn)
    for _ in range(2):
        compare(loras="good-*, weak")
        assert len(drawn.drawn) - before == 2 * 2


def test_neighbours_and_other_strengths_are_drawn_of_the_winner_alone(
    fake_host: FakeHost, drawn: FakeGenerator, compare: Any
) -> None:
    for number in range(3, 7):
        write_lora(fake_host.home / "loras" / f"good-{number:06d}.safetensors", {"name": str(number)})
        drawn.skills[f"good-{number:06d}"] = Skill(identity=0.9)  # type: ignore[index]
    made = compare(loras="good-*", most=2, refine=True, strengths="0.6, 1.0")
    at: dict[str, set[float]] = {}
    for lora in (shot.lora for shot in drawn.drawn if shot.lora):
        at.setdefault(lora.path.stem, set()).add(lora.strength)
    swept = [stem for stem, strengths in at.items() if strengths == {0.6, 1.0}]
    assert {"good-000003", "good-000006"} < at.keys() and len(at) < 6 and len(swept) == 1
    weaker = next(scores.label for scores in made.args[0].report.checkpoints if scores.strength == 0.6)
    assert made.args[0].files[weaker].stem == swept[0]


def test_a_damaged_file_and_one_of_another_family_are_left_out_and_told(
    pack: Pack, fake_host: FakeHost, drawn: FakeGenerator, compare: Any
) -> None:
    (fake_host.home / "loras" / "torn.safetensors").write_bytes(b"\x10" * 40)
    said = compare(loras="good-*, torn").ui["text"][0]
    assert "torn" in said and "not a whole safetensors file" in said
    with pytest.raises(pack("trainer.errors").ModelError, match="torn"):
        compare(loras="torn")


def test_cancel_keeps_what_is_drawn(pack: Pack, fake_host: FakeHost, drawn: FakeGenerator, compare: Any) -> None:
    asked = FakeGenerator.generate

    def stopping(self: FakeGenerator, shots: Sequence[Any]) -> Iterator[Any]:
        for made in asked(self, shots):
            fake_host.interrupted = len(self.drawn) >= 5
            yield made

    FakeGenerator.generate = stopping  # type: ignore[method-assign]
    try:
        with pytest.raises(Interrupted):
            compare(loras="good-*")
    finally:
        FakeGenerator.generate = asked  # type: ignore[method-assign]
    stopped = next(data["text"] for event, data in fake_host.sent if event == "likeness.stopped")
    kept = len(list((fake_host.home / "output").rglob("pictures/*.png")))
    assert f"Stopped after {kept} of 12 pictures" in stopped and kept >= 5
    fake_host.interrupted = False
    drawn.drawn.clear()
    compare(loras="good-*")
    assert len(drawn.drawn) == 12 - kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"loras": ""}, "nothing to compare: wire a run"),
        ({"loras": "../weak"}, "No LoRA of models/loras is"),
        ({"loras": "weak", "references": None}, "wire a dataset of the character into references"),
        ({"loras": "weak", "model": None, "clip": None, "vae": None}, "no base to draw with"),
        ({"loras": "weak", "vae": None}, "all three"),
        ({"loras": "weak", "strengths": "0.5, strong"}, "no number"),
        ({"loras": "weak", "strengths": "9"}, "above 0 up to 2"),
        ({"loras": "weak", "prompt_text": "# prompt\na red coat"}, "does not name {trigger}"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence_before_anything_is_drawn(
    pack: Pack, drawn: FakeGenerator, compare: Any, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(pack("trainer.errors").LikenessError, match=said):
        compare(**given)
    assert not drawn.drawn


def test_names_and_strengths_are_checked_before_the_queue(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.compare.compare").CompareCheckpoints
    assert node.validate_inputs(loras="", strengths="0.6 0.8") is True
    assert "No LoRA of models/loras is" in node.validate_inputs(loras="/etc/*", strengths="")
    assert "no number" in node.validate_inputs(loras="", strengths="many")


def test_a_changed_file_is_compared_again(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.compare.compare").CompareCheckpoints
    path = write_lora(fake_host.home / "loras" / "weak.safetensors")
    before = node.fingerprint_inputs(loras="weak")
    assert node.fingerprint_inputs(loras="weak") == before
    write_lora(path, {"more": "words"})
    assert node.fingerprint_inputs(loras="weak") != before
    unknown = node.fingerprint_inputs(loras=None)
    assert unknown != unknown  # noqa: PLR0124  # a link brings it: never the same


def test_comparisons_of_another_base_lie_beside_and_are_not_mixed(
    pack: Pack, drawn: FakeGenerator, compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compare(loras="weak").args[0]
    monkeypatch.setattr(_Generator, "fingerprint", lambda self: "a" * 64)
    other = compare(loras="weak").args[0]
    assert first.folder.name == "report" and other.folder.name == "report_aaaaaaaa"
    assert first.report.base != other.report.base


def _demo_run(pack: Pack, sha256: str) -> Any:
    return SimpleNamespace(base=SimpleNamespace(sha256=sha256), folder=None, dataset=None)


@pytest.mark.parametrize("is_demo", [False, None])
def test_the_demo_reader_is_refused_for_photographs_before_they_are_drawn(
    pack: Pack, fake_host: FakeHost, is_demo: bool | None
) -> None:
    readers_for = pack("nodes.compare.compare_readers").readers_for
    with pytest.raises(pack("trainer.errors").FaceError, match="The demo reader knows drawn faces only.*'auto'"):
        readers_for("Demo reader (drawn faces)", _references(pack, fake_host.home), is_demo)


def test_a_reader_that_is_not_there_is_named(pack: Pack) -> None:
    node = pack("nodes.compare.compare").CompareCheckpoints
    with pytest.raises(pack("trainer.errors").LikenessError, match="reader takes one of .* 'Reader X' came"):
        node.execute(run=None, prompts="Demo", reader="Reader X", most=6, strength=1.0)


def test_compared_without_faces_identity_is_not_measured_and_the_rest_is(pack: Pack, fake_host: FakeHost) -> None:
    found = pack("nodes.compare.compare_readers").readers_for("no faces", _references(pack, fake_host.home), False)
    assert found.faces is None and found.descriptor is not None


def test_references_beside_a_run_leave_it_its_training_pictures_and_its_trigger(
    pack: Pack, fake_host: FakeHost
) -> None:
    node = pack("nodes.compare.compare")
    wired = _references(pack, fake_host.home)
    trained = wired.with_samples(
        tuple(replace(s, sha256=f"own {n}", split="train") for n, s in enumerate(wired.samples))
    )
    own = SimpleNamespace(dataset=replace(trained, trigger="sage"))
    seen = node._dataset(own, replace(wired, samples=(*wired.samples, *trained.samples[:1]), trigger="another"))
    assert seen.train == trained.samples and seen.held_out == wired.samples and seen.trigger == "sage"
    assert node._dataset(own, None) is own.dataset and node._dataset(None, wired) is wired
