"""Random queue items over the nodes, small enough that many of them run in an hour on two cores."""

import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.host.comfyui import Comfy
from tests.host.graphs import Graph, node, sampling, training
from tests.host.test_fill import filling
from tests.host.test_identity_nodes import READ
from tests.host.test_variants import varying
from trainer.demo.characters.character import draw_character

_CHARACTERS, _FEW = 3, 5
_DRAWN = {"model": ["base", 0], "clip": ["base", 1], "vae": ["base", 2]}
_PROMPTS = "# trigger\n{trigger}, {subject}\n# prompt\n{trigger}, {subject}, red shirt, smiling"
_KINDS = {
    **{"check": 10, "crop": 6, "captions": 12, "plan": 6, "train": 32, "compare": 8},
    **{"apply": 8, "identity": 6, "fill": 1, "variants": 1, "runs": 4},
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """What is queued. `run` names the run that it trains, "" for none."""

    kind: str
    graph: Graph
    run: str = ""


class Items:
    """Drawn from a seed; `trained` are runs that have ended, with the graph that trained each."""

    def __init__(self, comfy: Comfy, seed: int) -> None:
        self._infos: Mapping[str, Any] = comfy.get("/object_info")
        self._chance = random.Random(seed)
        _draw_few(comfy.home / "input")
        self._count = 0
        self.trained: dict[str, Graph] = {}

    def next(self) -> Item:
        """Whatever needs a run is a training until there is one."""
        kind = self._chance.choices([*_KINDS], [*_KINDS.values()])[0]
        if kind in ("compare", "apply", "runs") and len(self.trained) < 2:
            kind = "train"
        self._count += 1
        if kind == "train":
            name = f"soak_{self._count:03d}"
            return Item(kind=kind, graph=self._training(name), run=name)
        return Item(kind=kind, graph=getattr(self, f"_{kind}")())

    def _training(self, name: str) -> Graph:
        pick = self._chance.choice
        graph = training(
            name,
            steps=pick([2, 3, 4, 6]),
            save_every=pick([1, 2, 3]),
            sample_every=pick([0, 0, 0, 2]),
            sample_prompts="sage_character, person",
            rank=pick([2, 4, 8]),
            learning_rate=pick([1e-4, 1e-3]),
            seed=self._chance.randrange(1000),
            batch=pick([1, 2]),
            accumulation=pick([1, 2]),
            prior_images=pick([0, 0, 0, 1]),
            min_snr_gamma=pick([-1.0, 0.0, 5.0]),
            precision=pick(["as the preset says", "bf16", "fp32"]),
        )
        graph = {**graph, **self._who()}
        return graph if self._chance.random() < 0.5 else _without_sampler(graph)

    def _check(self) -> Graph:
        return {**self._who(), "check": self._node("LikenessCheckDataset", dataset=["who", 0], reader="demo drawings")}

    def _crop(self) -> Graph:
        crop = self._node(
            "LikenessCropDataset", dataset=["who", 0], reader="demo drawings", resolution=self._chance.choice([64, 128])
        )
        save = node("LikenessSaveDataset", dataset=["crop", 0], name=f"soak{self._chance.randrange(6)}", **_SAVED)
        return {**self._who(), "crop": crop, "save": save}

    def _captions(self) -> Graph:
        return {
            **self._who(),
            "rules": self._node("LikenessApplyCaptionRules", dataset=["who", 0]),
            "shown": self._node("LikenessReviewCaptions", dataset=["rules", 0]),
        }

    def _plan(self) -> Graph:
        graph = self._training("soak_plan")
        wired = {"dataset": ["who", 0], "base": ["base", 3], "recipe": ["recipe", 0]}
        measured = self._chance.random() < 0.2
        return {
            **{name: graph[name] for name in ("base", "who", "recipe")},
            "plan": self._node("LikenessPlanRun", measure=measured, **wired),
            "shown": node("PreviewAny", source=["plan", 0]),
        }

    def _compare(self) -> Graph:
        """The checkpoints of a run, the choice, and its LoRA in the host's own chain."""
        name = self._chance.choice([*self.trained])
        graph = self.trained[name]
        few = {
            "prompts": "from the text below",
            "prompt_text": _PROMPTS,
            "seeds": 1,
            "size": 128,
            "steps": 4,
            "most": 2,
        }
        compare = self._node("LikenessCompareCheckpoints", run=["train", 0], reader="demo drawings", **_DRAWN, **few)
        choose = self._node("LikenessChooseCheckpoint", report=["compare", 0], step=0, save_as=name, pick="")
        return {**graph, "compare": compare, "choose": choose}

    def _apply(self) -> Graph:
        lora = f"likeness/{self._chance.choice([*self.trained])}.safetensors"
        worn = self._node("LikenessApplyCharacterLora", model=["base", 0], clip=["base", 1], lora_name=lora)
        worn["inputs"]["strength"] = self._chance.choice([0.6, 0.8, 1.0])
        return self._drawing({"base": node("LikenessDemoBaseModel"), "worn": worn}, ["worn", 1])

    def _identity(self) -> Graph:
        return self._drawing(
            {
                "base": node("LikenessDemoBaseModel"),
                **self._who(),
                "adapter": node("LikenessLoadIdentityAdapter", adapter="Demo adapter"),
                "face": node("LikenessReadFace", dataset=["who", 0], adapter=["adapter", 0], save_as="soak", **READ),
                "worn": node(
                    "LikenessApplyIdentity",
                    identity=["face", 0],
                    adapter=["adapter", 0],
                    model=["base", 0],
                    weight=self._chance.choice([0.4, 0.8]),
                ),
            },
            ["base", 1],
        )

    def _fill(self) -> Graph:
        return filling(gaps="angry", per_gap=1, retries=0, steps=2, seed=self._chance.randrange(50))

    def _variants(self) -> Graph:
        few = {"styles": "flat drawing | 0.45-0.60", "per_render": 1, "retries": 0, "steps": 2}
        return varying("soaked", **few, seed=self._chance.randrange(50))

    def _runs(self) -> Graph:
        first, second = self._chance.sample([*self.trained], 2)
        return {
            "diff": node("LikenessDiffRuns", first=first, second=second),
            "kept": node("LikenessCleanUp", remove="nothing, only show", idle_days=30),
        }

    def _drawing(self, graph: Graph, clip: list[Any]) -> Graph:
        chain = sampling(["worn", 0], clip, ["base", 2], self._chance.randrange(1000))
        chain["sample"]["inputs"]["steps"] = 4
        return {**graph, **chain}

    def _who(self) -> Graph:
        """A few pictures of one of the demo's characters."""
        folder = f"input/few_{self._chance.randrange(_CHARACTERS)}"
        given = {"trigger": "sage_character", "subject": "person", "held_out": 1}
        return {"who": node("LikenessLoadCharacterDataset", folder=folder, **given)}

    def _node(self, kind: str, /, **given: Any) -> dict[str, Any]:
        """With the defaults of all widgets that nothing is given for."""
        declared = self._infos[kind]["input"]
        found: dict[str, Any] = {}
        for name, (type_, *options) in {**declared.get("required", {}), **declared.get("optional", {})}.items():
            more = options[0] if options else {}
            choices = type_ if isinstance(type_, list) else more.get("options", ())
            if "default" in more or choices:
                found[name] = more.get("default", choices[0] if choices else None)
        return node(kind, **{**found, **given})


_SAVED = {"place": "output", "layout": "dataset.json", "overwrite": True}


def _draw_few(folder: Path) -> None:
    """Small sets, so that much runs in little time."""
    for number in range(_CHARACTERS):
        with TemporaryDirectory() as whole:
            draw_character(Path(whole), number)
            few = sorted(Path(whole).rglob("*.png"))[:_FEW]
            place = folder / f"few_{number}"
            place.mkdir(parents=True)
            for picture in few:
                for file in (picture, picture.with_suffix(".txt")):
                    shutil.copy(file, place / file.name)


def _without_sampler(graph: Graph) -> Graph:
    """The trainer draws its samples by itself."""
    for name in _DRAWN:
        del graph["train"]["inputs"][name]
    return graph
