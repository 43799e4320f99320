"""Values on our wires as text: the host prints what went into a node that failed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Pack = Callable[[str], Any]


def test_values_on_wires_are_a_few_words_as_text(pack: Pack) -> None:
    sockets, recipe = pack("nodes.sockets"), pack("trainer.recipe.recipe").Recipe()
    sample = pack("trainer.dataset.sample").Sample(path=Path("/home/me/1.png"), sha256="a" * 64, width=64, height=64)
    dataset = pack("trainer.dataset.dataset").Dataset(
        samples=(sample,) * 24, trigger="sage_character", subject="woman", root=Path("/home/me")
    )
    base = pack("trainer.families.base").Base(family="sdxl", name="demo", sha256="b" * 64, files={})
    run = sockets.Run(folder=Path("/home/me/sage"), dataset=dataset, base=base, recipe=recipe, models=None)
    rules = pack("trainer.captions.rules.caption_rules").CaptionRules()
    values = {
        "24 pictures of sage_character": dataset,
        "base model demo (sdxl)": base,
        "run sage": run,
        "caption rules (core, sdxl)": sockets.Ruling(rules=rules, lighting={"a" * 64: "dim"}),
        "LoRA likeness/sage of sage_character": sockets.ChosenLora(
            path=Path("/home/me/x"), name="likeness/sage", trigger="sage_character", models=None
        ),
        "comparison of run sage": _comparison(sockets, run),
        "comparison of 2 LoRAs": _comparison(sockets, None),
    }
    assert [str(value) for value in values.values()] == [*values]
    assert str([dataset, {"one": dataset}]) == "[24 pictures of sage_character, {'one': 24 pictures of sage_character}]"
    assert str(recipe).startswith("recipe of ") and len(str(recipe)) < 60


def _comparison(sockets: Any, run: Any) -> Any:
    files = {"a": Path("/home/me/a"), "b": Path("/home/me/b")}
    return sockets.Comparison(run=run, report=None, folder=Path("/home/me"), files=files, models=None, dataset=None)
