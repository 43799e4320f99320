"""A graph in the host's API form in which every node of ours is at least once; it runs in minutes on the demo."""

from pathlib import Path
from typing import Any

from tests.host.graphs import CHARACTER_PROMPT, Graph, node
from tests.trainer.captions.captioners.tiny_llava import write_tiny_llava
from trainer.bench.inputs.random_tagger import TaggerSize, write_random_tagger
from trainer.captions.captioners.tagger_files import DEFAULT_TAGGER
from trainer.demo.characters.found import draw_found

DRAWN = {"reader": "demo drawings", "resolution": 128}
FOLDER, BEFORE, IDENTITY = "sage_found", "sage_before", "likeness/sage.identity.safetensors"
_JOY = "llama-joycaption-beta-one-hf-llava"
_KOHYA = 'network_module = "networks.lora"\nnetwork_dim = 16\nnetwork_alpha = 8\nlearning_rate = 0.0001\nmax_train_steps = 1500\nnoise_offset_type = "Multires"\n'  # noqa: E501


def lay_out_files(home: Path) -> None:
    """Pictures as one finds them, and a tagger and a captioner of random numbers in the real layouts."""
    if not (home / "input" / FOLDER).exists():
        draw_found(home / "input" / FOLDER)
    size = TaggerSize(general=40, character=6, hidden=8, layers=1, bias=-1.0)
    write_random_tagger(home / "models" / "wd14" / DEFAULT_TAGGER, size)
    write_tiny_llava(home / "models" / "LLavacheckpoints" / _JOY)


def before(infos: dict[str, Any]) -> Graph:
    """What must be there before the rest is queued: a run to hold another against, and a saved identity."""
    graph = {**_demo(), **_training(BEFORE, steps=24), "33": _load_adapter(), "34": _read_face()}
    return {name: _complete(graph[name], infos) for name in ("1", "2", "20", "23", "33", "34")}


def leading_to(graph: Graph, kinds: list[str] | None) -> Graph:
    """The nodes of these kinds and all that they are made of; everything for None."""
    if kinds is None:
        return graph
    kept: Graph = {}
    wanted = [name for name, saved in graph.items() if saved["class_type"] in kinds]
    while wanted:
        name = wanted.pop()
        if name not in kept:
            kept[name] = graph[name]
            wanted += [part[0] for part in graph[name]["inputs"].values() if isinstance(part, list)]
    return {name: graph[name] for name in graph if name in kept}


def _complete(saved: dict[str, Any], infos: dict[str, Any]) -> dict[str, Any]:
    """With the defaults of the widgets that are not named, as the page would give them."""
    required = infos[saved["class_type"]]["input"]["required"]
    defaults = {name: told[1]["default"] for name, told in required.items() if "default" in (told[1:] or [{}])[0]}
    return {**saved, "inputs": {**defaults, **saved["inputs"]}}


def gallery() -> Graph:
    return {**_demo(), **_datasets(), **_captions(), **_train(), **_compare(), **_use()}


def _demo() -> Graph:
    return {
        "1": node("LikenessDemoBaseModel"),
        "2": node("LikenessDemoCharacter", number=0),
        "3": node("LikenessCheckInstallation"),
        "68": node("LikenessCleanUp"),
    }


def _datasets() -> Graph:
    few = {"count": 4, "reader": "demo drawings", "held_out": 0}
    knows = {"model": ["31", 0], "clip": ["31", 1], "vae": ["1", 2], **DRAWN, "steps": 12, "cfg": 4.0}
    draws = {"model": ["1", 0], "clip": ["1", 1], "vae": ["1", 2], **DRAWN, "steps": 6, "cfg": 4.0}
    fill = {"gaps": "expression: smile\nlighting: warm light", "looks": "sage_character", "retries": 1}
    style = {"styles": "pencil sketch | 0.50-0.60 | flag", "per_render": 1, "retries": 0}
    return {
        "4": node("LikenessLoadCharacterDataset", folder=f"input/{FOLDER}", trigger="", subject="", held_out=3),
        "5": node("LikenessDatasetToImages", dataset=["2", 0], part="held out"),
        "6": node("LikenessImagesToDataset", images=["5", 0], captions=["5", 1], trigger="sage_character"),
        "7": node("LikenessCheckDataset", dataset=["4", 0], **DRAWN),
        "8": node("LikenessCropDataset", dataset=["7", 0], **DRAWN),
        "9": node("LikenessPickImages", dataset=["8", 0], **few),
        "10": node("LikenessFillGaps", dataset=["9", 0], **knows, **fill),
        "50": node("LikenessDemoCharacter", number=0, pictures="3D renders only"),
        "51": node("LikenessPickImages", dataset=["50", 0], **few),
        "11": node("LikenessMakeStyleVariants", dataset=["51", 0], **draws, **style),
        "12": node(
            "LikenessMixDatasets", shares="60/40", **{"datasets.dataset_0": ["8", 0], "datasets.dataset_1": ["6", 0]}
        ),
        "13": node("LikenessSaveDataset", dataset=["12", 0], name="sage_mixed", overwrite=True),
    }


def _captions() -> Graph:
    return {
        "14": node("LikenessTagWithWd14", dataset=["4", 0], tagger=DEFAULT_TAGGER, threshold=0.5, keep_by_hand=False),
        "15": node(
            "LikenessCaptionWithJoyCaption", dataset=["6", 0], model=_JOY, max_new_tokens=16, keep_by_hand=False
        ),
        "16": node("LikenessUseCaptions", dataset=["6", 0], captions=["5", 1], keep_by_hand=False),
        "52": node("LikenessDemoCharacter", number=0, pictures="as captioners describe them"),
        "17": node("LikenessApplyCaptionRules", dataset=["52", 0]),
        "18": node("LikenessReviewCaptions", dataset=["17", 0], rules=["17", 1], save="keep in the workflow"),
    }


def _training(name: str, **numbers: Any) -> Graph:
    small = {"preset": "Demo", "batch": 4, "prior_images": 0, "sample_every": 12, "save_every": 12, **numbers}
    prompts = f"{CHARACTER_PROMPT}\nsage_character, person, red shirt"
    wires = {"dataset": ["2", 0], "base": ["1", 3], "model": ["1", 0], "clip": ["1", 1], "vae": ["1", 2]}
    return {
        "20": node("LikenessTrainingRecipe", **small, sample_prompts=prompts),
        "23": node("LikenessTrainCharacterLora", **wires, recipe=["20", 0], name=name),
    }


def _train() -> Graph:
    return {
        "19": node("LikenessChooseBaseModel"),
        **_training("sage", steps=48),
        "21": node("LikenessImportRecipe", file="what is pasted below", text=_KOHYA),
        "22": node("LikenessExportRecipe", recipe=["20", 0], name="sage", dataset=["2", 0]),
        "24": node("LikenessPlanRun", dataset=["2", 0], base=["1", 3], recipe=["20", 0]),
        "25": node("LikenessDiffRuns", first=BEFORE, second=BEFORE, second_run=["23", 0]),
    }


def _compare() -> Graph:
    return {
        "26": node("LikenessCompareCheckpoints", run=["23", 0], prompts="Quick", most=2, steps=8),
        "27": node("LikenessChooseCheckpoint", report=["26", 0], step=48),
        "28": node("LikenessAdviseNextRun", report=["26", 0]),
        "29": node("LikenessScoreImages", images=["5", 0], references=["2", 0], reader="demo drawings"),
        "30": node("LikenessCheckLora", lora=f"likeness/{BEFORE}.safetensors", model=["1", 0], clip=["1", 1]),
    }


def _use() -> Graph:
    grid = {"grid": "from the numbers below", "strengths": "0.7, 1", "weights": "0, 0.6", "steps": 8}
    return {
        "31": node("LikenessApplyCharacterLora", lora=["27", 0], strength=1.0),
        "32": node("LikenessCheckMotion", frames=["62", 0], references=["2", 0], reader="demo drawings"),
        "33": _load_adapter(),
        "34": _read_face(),
        "35": node("LikenessLoadIdentity", identity=IDENTITY),
        "36": node("LikenessApplyIdentity", model=["31", 0], weight=0.6, identity=["34", 0], adapter=["33", 0]),
        "37": node("LikenessInstantIdConditioning"),
        "38": node("LikenessApplyReference", model=["53", 0], conditioning=["54", 0], latent=["60", 0]),
        "39": node(
            "LikenessTrainOrZeroShot", dataset=["2", 0], reader="demo drawings", pictures_are="drawings or renders"
        ),
        "40": node("LikenessBalance", report=["26", 0], lora=["27", 0], adapter=["33", 0], identity=["34", 0], **grid),
        "53": node("LikenessDemoBaseModel", family="FLUX.1"),
        "54": node("CLIPTextEncode", clip=["53", 1], text=CHARACTER_PROMPT),
        "55": node("CLIPTextEncode", clip=["31", 1], text=CHARACTER_PROMPT),
        "56": node("CLIPTextEncode", clip=["31", 1], text=""),
        "57": node("EmptyLatentImage", width=128, height=128, batch_size=8),
        "58": node(
            "KSampler", model=["36", 0], positive=["55", 0], negative=["56", 0], latent_image=["57", 0], **_SAMPLING
        ),
        "59": node("ImageFromBatch", image=["34", 1], batch_index=0, length=1),
        "60": node("VAEEncode", pixels=["59", 0], vae=["53", 2]),
        "62": node("VAEDecode", samples=["58", 0], vae=["31", 2]),
        "63": node("PreviewImage", images=["62", 0]),
        "64": node("PreviewAny", source=["38", 1]),
        "65": node("PreviewAny", source=["16", 0]),
        "66": node("PreviewAny", source=["14", 0]),
        "67": node("PreviewAny", source=["15", 0]),
    }


_SAMPLING = {"seed": 7, "steps": 8, "cfg": 4.0, "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0}


def _load_adapter() -> dict[str, Any]:
    return node("LikenessLoadIdentityAdapter", adapter="Demo adapter")


def _read_face() -> dict[str, Any]:
    how = {"select": "like the character", "on_no_face": "skip", "crop_size": 128, "save_as": "sage"}
    return node("LikenessReadFace", dataset=["2", 0], adapter=["33", 0], **how)
