"""A few of the hostile cases of `tools/fuzz_host.py`, against the host that all tests share."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tools.fuzz_host import run
from tools.fuzzing import configs, routes
from tools.fuzzing.findings import Findings
from tools.fuzzing.host import Connection

from .comfyui import Comfy
from .graphs import node

_QUESTION = {"preset": "Demo", "model": "x.safetensors", "values": {"steps": 10, "optimizer": "adamw"}, "name": "gone"}


def test_routes_answer_whatever_is_asked(comfy: Comfy, tmp_path: Path) -> None:
    asks, found = Connection(comfy), Findings()
    host: Any = SimpleNamespace(comfy=comfy, outside=tmp_path / "outside")

    def each(case: dict[str, Any]) -> None:
        try:
            answer = asks.request(case["method"], case["path"], case["body"], case["headers"])
        except ValueError:  # no client sends this
            return
        routes.judge(host, found, case, answer)

    assert run(routes.requests(_QUESTION), 200, 7, each) == 200
    assert found.examples == {} and len(found.outcomes) >= 4


def test_settings_of_anybody_end_in_a_sentence(comfy: Comfy) -> None:
    texts: list[str] = []
    run(configs.settings_texts(configs.seeds()), 24, 7, lambda case: texts.append(case[0]))
    asked = [
        comfy.queue({"node": node("LikenessImportRecipe", file=_PASTED, text=text)}) for text in texts if _fits(text)
    ]
    for prompt in asked:
        for kind, data in comfy.wait(prompt, 60)["status"]["messages"]:
            assert kind != "execution_error" or data["exception_type"].startswith("likeness."), data
    assert len(asked) > 10


_PASTED = "what is pasted below"


def _fits(text: str) -> bool:
    """What the node's validation lets through to be run."""
    return bool(text.strip()) and not any("\ud800" <= letter <= "\udfff" for letter in text)
