"""What the Train node does around the engine's run."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..fake_host import FakeHost

Pack = Callable[[str], Any]


def test_the_page_ends_with_the_last_state(pack: Pack, fake_host: FakeHost) -> None:
    events = pack("trainer.training.run.events")
    steps = [_step(events, step) for step in range(1, 31)]
    _page(pack, fake_host).follow([*steps, events.Finished(checkpoints=(), answered=False)])
    kind, data = fake_host.sent[-1]
    assert (kind, data["node"], data["status"], data["step"]) == ("likeness.train", "7", "Finished", 30)
    assert fake_host.progress[-1] == ("7", 30, 30)
    assert len(fake_host.sent) < 10  # quick steps do not flood the page


def test_the_page_says_why_a_run_stopped(pack: Pack, fake_host: FakeHost) -> None:
    events, cancelled = pack("trainer.training.run.events"), pack("trainer.errors").Cancelled

    def stopping() -> Iterator[Any]:
        yield _step(events, 1)
        raise cancelled("Stopped at step 1 of 30, saved.")

    with pytest.raises(cancelled):
        _page(pack, fake_host).follow(stopping())
    assert fake_host.sent[-1][1]["status"] == "Stopped at step 1 of 30, saved."


def test_samples_need_all_three_wires_or_none(pack: Pack, fake_host: FakeHost) -> None:
    sampler = pack("nodes.train.train")._sampler
    assert sampler(None, None, None) is None
    with pytest.raises(pack("trainer.errors").RunError, match="all three"):
        sampler(object(), None, object())


def test_a_wired_recipe_goes_before_the_preset_and_the_preset_may_be_left_to_the_base(pack: Pack) -> None:
    preset, presets = pack("nodes.train.preset"), pack("trainer.recipe.presets").PRESETS
    wired = presets["Pony"].recipe
    assert preset.recipe_for(_base(pack, "sdxl"), wired, "Quick test") is wired
    assert preset.recipe_for(_base(pack, "sdxl"), None, "Quick test") == presets["Quick test"].recipe
    assert preset.recipe_for(_base(pack, "sdxl"), None, preset.FITTING) == presets["SDXL character (guide)"].recipe
    assert preset.recipe_for(_base(pack, "sd15"), None, preset.FITTING) == presets["SD 1.5 character"].recipe
    demo_recipe = pack("trainer.demo.settings").demo_recipe
    for family in pack("trainer.demo.family").FAMILIES:
        demo = pack("trainer.demo.assets").demo_base(family=family)
        for name in (preset.FITTING, preset.DEMO):
            assert preset.recipe_for(demo, None, name) == demo_recipe(family=family)
    assert preset.recipe_for(_base(pack, "sdxl"), None, preset.DEMO) == demo_recipe()
    with pytest.raises(pack("trainer.errors").RecipeError, match="choose a training recipe by hand"):
        preset.recipe_for(_base(pack, "toy"), None, preset.FITTING)


def test_plan_and_train_take_the_same_lora_to_start_from(pack: Pack, fake_host: FakeHost) -> None:
    """Plan run tells of a file that will not do, as training would; a name that is gone is told before the queue."""
    plan, train = pack("nodes.train.plan").PlanRun, pack("nodes.train.train").TrainCharacterLora
    (fake_host.home / "loras").mkdir(exist_ok=True)
    (fake_host.home / "loras" / "a.safetensors").write_bytes(b"x")
    assert plan.validate_inputs(start_from="a.safetensors") is True
    for node, names in ((plan, {}), (train, {"name": "sage"})):
        assert node.validate_inputs(start_from="nothing", **names) is True
        assert "There is no LoRA 'gone.safetensors'" in node.validate_inputs(start_from="gone.safetensors", **names)
    last = plan.define_schema().inputs[-1]
    assert (last.id, last.options["optional"]) == ("start_from", True)
    assert pack("nodes.host.lora_files").start_path("a.safetensors") == fake_host.home / "loras" / "a.safetensors"
    assert pack("nodes.host.lora_files").start_path("nothing") is None


def test_a_run_that_was_removed_is_trained_again_when_it_is_queued(pack: Pack, fake_host: FakeHost) -> None:
    train = pack("nodes.train.train").TrainCharacterLora
    folder = fake_host.home / "output" / "likeness" / "sage"
    asked = [train.fingerprint_inputs(name="sage", start_from="nothing")]
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text("{}", encoding="utf-8")
    pack("nodes.train.removed_runs").note_run(folder)
    asked.append(train.fingerprint_inputs(name="sage", start_from="nothing"))
    (folder / "recipe.json").unlink()
    asked += [train.fingerprint_inputs(name="sage", start_from="nothing") for _ in range(2)]
    assert asked == [0, 0, 1, 1]
    assert train.fingerprint_inputs(name="../sage") == ""


def test_a_lora_to_start_from_that_was_written_anew_is_another(pack: Pack, fake_host: FakeHost) -> None:
    train, use = pack("nodes.train.train").TrainCharacterLora, pack("nodes.use.apply_lora").ApplyCharacterLora
    path = fake_host.home / "loras" / "a.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a")
    marks = [
        lambda: train.fingerprint_inputs(name="sage", start_from="a.safetensors"),
        lambda: use.fingerprint_inputs(lora_name="a.safetensors", lora=None),
    ]
    before = [mark() for mark in marks]
    assert before == [mark() for mark in marks]
    path.write_bytes(path.read_bytes() + b" ")
    assert all(mark() != was for mark, was in zip(marks, before, strict=True))
    assert use.fingerprint_inputs(lora_name=pack("nodes.host.lora_files").NOTHING) == ""


def _base(pack: Pack, family: str) -> Any:
    return pack("trainer.families.base").Base(family=family, name="a", sha256="0" * 64, files={})


def _page(pack: Pack, fake_host: FakeHost) -> Any:
    return pack("nodes.panel.run").RunPage("7", fake_host.home / "output" / "likeness" / "sage")


def _step(events: Any, step: int) -> Any:
    return events.Stepped(step=step, steps=30, loss=0.1, lr=1e-4, seconds_per_step=0.1, seconds_left=1.0)
