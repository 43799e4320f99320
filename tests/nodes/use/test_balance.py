"""Balance LoRA and identity, on the graph: what is balanced, what is drawn, and what comes of it."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, SIDE, FakeGenerator, FakeReader, Skill, mixed, picture
from tests.trainer.scoring.stage import write_lora

from ..fake_host import ExecutionBlocker, FakeHost, Interrupted

Pack = Callable[[str], Any]
TRIGGER = "sage_character"
PROMPTS = "# trigger\n{trigger}, {subject}\n# prompt\n{trigger}, {subject}, red background | background: red"
A_COLUMN = 2 * 3


class _Beside:
    """A picture a weight stands for the adapter at that weight."""

    title = "the fake adapter"

    def __init__(self, folder: Path, reference: Any) -> None:
        self._folder, self._reference = folder, reference

    def at(self, weight: float) -> tuple[Any, ...]:
        path = self._folder / f"weight {weight:g}.png"
        Image.new("RGB", (8, 8), (round(200 * weight), 0, 0)).save(path)
        return (self._reference(path=path),)


class _Generator:
    """In place of the host's sampler: the more of both, the likelier."""

    made: FakeGenerator
    supports: Any

    def __init__(self, model: Any, clip: Any, vae: Any, *, alone: bool) -> None:
        assert alone

    def generate(self, shots: Sequence[Any]) -> Iterator[Any]:
        for shot in shots:
            if shot.lora is not None:
                weight = float(shot.references[0].path.stem.split()[1]) if shot.references else 0.0
                self.made.skills = {shot.lora.path.stem: Skill(identity=min(0.5 * shot.lora.strength + weight, 0.95))}
            yield from self.made.generate([shot])

    def fingerprint(self) -> str:
        return "f" * 64


@pytest.fixture
def balance(pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The node, with a wired base, a LoRA, references and short prompts of 64 pixels unless told otherwise."""
    attachments = pack("trainer.generate.attachments")
    _Generator.made, _Generator.supports = FakeGenerator(TRIGGER), attachments.ATTACHMENTS
    monkeypatch.setitem(sys.modules, "likeness.nodes.host.generator", SimpleNamespace(HostGenerator=_Generator))
    found = pack("nodes.compare.compare_readers").ComparisonReaders(faces=FakeReader(), attributes=FakeReader())
    monkeypatch.setattr(pack("nodes.compare.comparing"), "readers_for", lambda *_: found)
    module = pack("nodes.use.balance")
    beside = _Beside(fake_host.home, attachments.Reference)
    monkeypatch.setattr(pack("nodes.use.balance_companion"), "companion_of", lambda *_: beside)
    lora = write_lora(fake_host.home / "loras" / "sage.safetensors")
    chosen = pack("nodes.sockets").ChosenLora(path=lora, name="sage.safetensors", trigger=TRIGGER, models=None)

    def run(**given: Any) -> Any:
        base = {name: SimpleNamespace(model_dtype=lambda: "torch.float32") for name in ("model", "clip", "vae")}
        widgets = {"grid": "from the numbers below", "strengths": "0.6, 0.9", "weights": "0, 0.4", "reader": "auto"}
        more = {"prompts": "from the text below", "prompt_text": PROMPTS, "seeds": 3, "size": 64, "lora": chosen}
        references = {"references": _references(pack, fake_host.home)}
        return module.BalanceLoraAndIdentity.execute(**{**base, **widgets, **more, **references, **given})

    return run


def _references(pack: Pack, home: Path) -> Any:
    digest = pack("trainer.images.pixels")
    samples = []
    for number in range(4):
        path = home / "input" / f"{number}.png"
        picture(mixed(np.random.default_rng(number).normal(size=3), CHARACTER, 0.85)).save(path)
        sha = digest.pixel_sha256(digest.load_rgb(path))
        sample = pack("trainer.dataset.sample").Sample
        samples.append(sample(path=path, sha256=sha, width=SIDE, height=SIDE, split="held_out"))
    named = {"trigger": TRIGGER, "subject": "person", "root": home / "input"}
    return pack("trainer.dataset.dataset").Dataset(samples=tuple(samples), **named)


def test_the_pair_comes_with_its_reason_the_maps_and_all_that_was_measured(balance: Any, fake_host: FakeHost) -> None:
    strength, weight, grid, report, figures = balance().args
    assert (strength, weight) == (0.9, 0.4) and report.startswith("LoRA 0.9 with 0.4 is best")
    told = json.loads(figures)
    assert told["pick"]["pair"] == [0.9, 0.4] and len(told["cells"]) == 4 and told["lora"] == "sage"
    assert grid.shape[-1] == 3 and grid.shape[1] > 400
    # Before anything is drawn the cost is said; then pictures come.
    notes = [data for event, data in fake_host.sent if event == "likeness.note"]
    assert notes[0]["text"].startswith(f"{5 * A_COLUMN} pictures to draw in 5 columns") and "picture" not in notes[0]
    assert notes[-1]["picture"].startswith("data:image/jpeg") and fake_host.progress


def test_the_node_shows_the_maps_with_the_reason_and_warns_of_too_much_of_both(balance: Any) -> None:
    made = balance(strengths="1", weights="0, 0.7")
    assert made.args[:2] == (1.0, 0.7) and made.ui["images"]
    assert made.ui["text"][0].startswith("LoRA 1 with 0.7 is best")
    assert "is much of both" in made.ui["warning"][0]


def test_a_wider_grid_draws_its_new_pairs_alone_and_the_same_again_nothing(balance: Any) -> None:
    drawn = _Generator.made.drawn
    balance()
    before = len(drawn)
    for _ in range(2):
        balance(weights="0, 0.2, 0.4")
        assert len(drawn) - before == 2 * A_COLUMN


def test_a_cancelled_balance_keeps_what_is_drawn(
    balance: Any, pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False] * 12)
    monkeypatch.setattr(pack("nodes.use.balance"), "is_cancelled", lambda: next(answers, True))
    with pytest.raises(Interrupted):
        balance()
    done = len(_Generator.made.drawn)
    assert 0 < done < 5 * A_COLUMN
    monkeypatch.setattr(pack("nodes.use.balance"), "is_cancelled", lambda: False)
    balance()
    assert len(_Generator.made.drawn) == 5 * A_COLUMN


def test_where_nothing_passes_what_hangs_on_the_pair_waits(balance: Any) -> None:
    made = balance(strengths="0", weights="0")
    assert all(isinstance(part, ExecutionBlocker) for part in made.args[:2])
    assert made.args[3].startswith("No pair passes")


def test_what_is_missing_is_said(balance: Any, pack: Pack) -> None:
    errors = pack("trainer.errors")
    with pytest.raises(errors.RunError, match="There is no LoRA to balance"):
        balance(lora=None)
    with pytest.raises(errors.RunError, match="wire a dataset of the character into references"):
        balance(references=None)
    for given in ({"weights": "0, lots"}, {"strengths": ""}, {"strengths": "3"}, {"weights": "0.5, 0.5"}):
        with pytest.raises(errors.LikenessError, match="strengths|weights"):
            balance(**given)


@pytest.mark.parametrize(("grid", "pairs"), [("full (5 × 6)", 30), ("quick (3 × 3)", 9)])
def test_grids_by_name_leave_the_numbers_alone(pack: Pack, grid: str, pairs: int) -> None:
    parts = pack("nodes.use.balance_parts")
    assert len(parts.grid_of(grid, "nonsense", "").pairs) == pairs
    assert pack("nodes.use.balance").BalanceLoraAndIdentity.validate_inputs(grid, "nonsense", "") is True
