"""Choosing a checkpoint: recommended, by the slider, by step, by a click; what is written and what is given on."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..fake_host import ExecutionBlocker, FakeHost, Wire
from .comparison import comparison, report_of

Pack = Callable[[str], Any]


@pytest.fixture
def choose(pack: Pack) -> Callable[..., Any]:
    node = pack("nodes.compare.choose").ChooseCheckpoint

    def run(given: Any, step: int = 0, save_as: str = "", **more: Any) -> Any:
        return node.execute(given, step=step, save_as=save_as, **more)

    return run


def _is_of(pack: Pack, path: Path, given: Any, label: str) -> bool:
    return pack("trainer.storage.tensor_metadata").has_same_weights(path, given.files[label])


def test_the_recommended_checkpoint_is_published(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    given = comparison(pack, fake_host.home)
    made = choose(given)
    assert _is_of(pack, made.args[0].path, given, "Step 50")
    assert made.args[0].path.name == "sage_chosen.safetensors"
    assert made.args[0].trigger == "sage_character" and made.args[4] == 1.0
    assert made.ui["lora"] == (made.args[1],)


def test_a_step_of_ones_own_goes_before_the_recommendation(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    given = comparison(pack, fake_host.home)
    made = choose(given, step=100, save_as="mine")
    assert _is_of(pack, made.args[0].path, given, "Step 100")
    assert made.args[0].path.name == "mine.safetensors"


def test_a_checkpoint_that_was_not_compared_can_be_taken_by_its_step(
    pack: Pack, fake_host: FakeHost, choose: Any
) -> None:
    report = report_of(pack)
    given = comparison(pack, fake_host.home, report_of(pack, checkpoints=report.checkpoints[:1]))
    assert _is_of(pack, choose(given, step=100).args[0].path, given, "Step 100")


def test_a_click_goes_before_step_and_recommendation_and_is_told(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    given = comparison(pack, fake_host.home)
    made = choose(given, step=50, pick="Step 100")
    assert _is_of(pack, made.args[0].path, given, "Step 100")
    assert made.ui["text"][0].startswith("Step 100 was chosen by hand. The measures choose Step 50")
    assert made.ui["likeness_compare"][0]["pick"] == "Step 100"


@pytest.mark.parametrize("pick", ["Step 75", "No LoRA", "../x", "x" * 100_000])
def test_a_pick_that_is_no_column_is_refused_with_those_that_are(
    pack: Pack, fake_host: FakeHost, choose: Any, pick: str
) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="no column .* it has Step 50, Step 100") as fault:
        choose(comparison(pack, fake_host.home), pick=pick)
    assert len(str(fault.value)) < 400


def test_the_slider_weighs_identity_against_flexibility_without_drawing(
    pack: Pack, fake_host: FakeHost, choose: Any
) -> None:
    given = comparison(pack, fake_host.home)
    assert _is_of(pack, choose(given, identity_or_flexibility=0.0, save_as="a").args[0].path, given, "Step 100")
    assert _is_of(pack, choose(given, identity_or_flexibility=1.0, save_as="b").args[0].path, given, "Step 50")


def test_the_choice_is_written_into_the_files_metadata(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    path = choose(comparison(pack, fake_host.home), pick="Step 100").args[0].path
    told = json.loads(pack("trainer.storage.tensor_header").read_header(path).metadata["likeness_choice"])
    assert (told["label"], told["step"], told["strength"], told["by"]) == ("Step 100", 100, 1.0, "hand")
    assert told["readers"]["faces"] == "fake reader" and told["measures"]["identity"]["value"] == pytest.approx(0.9)
    assert str(fake_host.home) not in json.dumps(told)


def test_a_picture_and_a_card_lie_beside_it_and_ones_own_card_stays(
    pack: Pack, fake_host: FakeHost, choose: Any
) -> None:
    given = comparison(pack, fake_host.home)
    path = choose(given).args[0].path
    assert path.with_suffix(".png").read_bytes() == (given.folder / "pictures" / "50_1.png").read_bytes()
    card = path.with_suffix(".md")
    assert "sage_character" in card.read_text(encoding="utf-8")
    choose(given, pick="Step 100")
    assert "Step 100" in card.read_text(encoding="utf-8")
    card.write_text("my own words")
    choose(given)
    assert card.read_text(encoding="utf-8") == "my own words"


def test_the_same_choice_twice_is_one_file_and_another_choice_is_told(
    pack: Pack, fake_host: FakeHost, choose: Any
) -> None:
    given = comparison(pack, fake_host.home)
    first, again = (choose(given) for _ in range(2))
    assert first.args[0].path == again.args[0].path and first.ui == again.ui
    other = choose(given, step=100)
    assert other.args[0].path == first.args[0].path and _is_of(pack, other.args[0].path, given, "Step 100")
    assert "sage_step000050.safetensors" in other.ui["text"][0]


def test_a_lora_of_somebody_else_is_not_overwritten_by_a_choice(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    stranger = fake_host.home / "loras" / "likeness" / "mine.safetensors"
    stranger.parent.mkdir()
    stranger.write_bytes(b"a stranger's")
    given = comparison(pack, fake_host.home)
    made = choose(given, step=50, save_as="mine")
    assert stranger.read_bytes() == b"a stranger's"
    assert made.args[0].path.name == "mine_2.safetensors" and _is_of(pack, made.args[0].path, given, "Step 50")
    assert "mine.safetensors is another LoRA" in made.ui["text"][0]


def test_that_none_passes_is_an_answer_and_what_hangs_on_it_waits(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    made = choose(comparison(pack, fake_host.home, report_of(pack, chosen=None)))
    assert all(isinstance(one, ExecutionBlocker) and one.message is None for one in made.args) and len(made.args) == 5
    said = made.ui["warning"][0]
    assert said.startswith("Nobody was learned.") and "Step 50, Step 100" in said
    assert not list((fake_host.home / "loras").rglob("*.safetensors"))


def test_model_and_clip_come_with_the_lora_at_the_strength_that_is_given_on(
    pack: Pack, fake_host: FakeHost, choose: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def apply(model: Any, clip: Any, path: Path, strength: float) -> tuple[str, str]:
        asked.append((model, clip, path.name, strength))
        return f"{model}+", f"{clip}+"

    monkeypatch.setattr(pack("nodes.host.lora"), "apply_lora", apply)
    models = SimpleNamespace(loaded=SimpleNamespace(model="base", clip="words", vae="vae"))
    given = comparison(pack, fake_host.home, models=models)
    assert choose(given, strength=0.8).args[2:] == ("base+", "words+", 0.8)
    assert choose(given, model=Wire("mine"), clip=Wire("its")).args[2:] == ("mine+", "its+", 1.0)
    assert asked == [("base", "words", "sage_chosen.safetensors", 0.8), ("mine", "its", "sage_chosen.safetensors", 1.0)]
    with pytest.raises(pack("trainer.errors").RunError, match="Wire model and clip, both"):
        choose(given, model=Wire("mine"))


def test_a_base_that_is_gone_withholds_the_model_and_not_the_lora(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    made = choose(comparison(pack, fake_host.home))
    assert made.args[0].path.is_file() and "The base is gone." in made.args[2].message


def test_a_run_whose_folder_is_gone_is_told_in_a_sentence(pack: Pack, fake_host: FakeHost, choose: Any) -> None:
    import shutil

    given = comparison(pack, fake_host.home)
    shutil.rmtree(given.run.folder)
    with pytest.raises(pack("trainer.errors").RunError, match="file of Step 50 is gone"):
        choose(given)
    with pytest.raises(pack("trainer.errors").RunError, match="has no checkpoint at step 75; it has 50, 100"):
        choose(given, step=75)
