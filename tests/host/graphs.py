"""Prompts in the host's API form."""

from typing import Any

from .saved_links import BYPASSED, MUTED, sources_of

Graph = dict[str, Any]
CHARACTER_PROMPT = "sage_character, person, smiling, in a forest"
SAMPLED = {"sample_every": 3, "sample_prompts": CHARACTER_PROMPT}
"""One picture before the first step, at the third and at the sixth."""


def training(name: str, **recipe: Any) -> Graph:
    """Demo base, character, recipe and Train, with MODEL, CLIP and VAE wired for samples, of which it draws none."""
    numbers = {"steps": 6, "save_every": 3, "sample_every": 0, "prior_images": 0, "batch": 2, **recipe}
    return {
        "base": node("LikenessDemoBaseModel"),
        "who": node("LikenessDemoCharacter", number=0),
        "recipe": demo_recipe(**numbers),
        "train": node(
            "LikenessTrainCharacterLora",
            dataset=["who", 0],
            base=["base", 3],
            recipe=["recipe", 0],
            name=name,
            model=["base", 0],
            clip=["base", 1],
            vae=["base", 2],
        ),
    }


def drawing(lora_name: str, *, strength: float = 1.0, seed: int = 7) -> Graph:
    """Core nodes only, besides the base: LoraLoader, CLIP Text Encode, KSampler, VAE Decode, Save Image."""
    return {
        "base": node("LikenessDemoBaseModel"),
        "lora": node(
            "LoraLoader",
            model=["base", 0],
            clip=["base", 1],
            lora_name=lora_name,
            strength_model=strength,
            strength_clip=strength,
        ),
        **sampling(["lora", 0], ["lora", 1], ["base", 2], seed),
    }


def sampling(model: list[Any], clip: list[Any], vae: list[Any], seed: int) -> Graph:
    """The host's own chain from words to a saved picture."""
    return {
        "words": node("CLIPTextEncode", clip=clip, text=CHARACTER_PROMPT),
        "none": node("CLIPTextEncode", clip=clip, text=""),
        "empty": node("EmptyLatentImage", width=128, height=128, batch_size=1),
        "sample": node(
            "KSampler",
            model=model,
            positive=["words", 0],
            negative=["none", 0],
            latent_image=["empty", 0],
            seed=seed,
            steps=20,
            cfg=4.0,
            sampler_name="euler",
            scheduler="simple",
            denoise=1.0,
        ),
        "decode": node("VAEDecode", samples=["sample", 0], vae=vae),
        "save": node("SaveImage", images=["decode", 0], filename_prefix="drawn"),
    }


def demo_recipe(**numbers: Any) -> dict[str, Any]:
    """The demo's recipe with these numbers of one's own."""
    return node("LikenessTrainingRecipe", **{**_RECIPE, **numbers})


def saved_with_recipe(workflow: Graph, **numbers: Any) -> Graph:
    """A saved workflow whose Train node has such a recipe wired into it."""
    recipe = demo_recipe(**numbers)
    (train,) = (saved for saved in workflow["nodes"] if saved["type"] == "LikenessTrainCharacterLora")
    at, link = max(saved["id"] for saved in workflow["nodes"]) + 1, workflow["last_link_id"] + 1
    next(port for port in train["inputs"] if port["name"] == "recipe")["link"] = link
    slot = [port["name"] for port in train["inputs"]].index("recipe")
    added = {
        "id": at,
        "type": recipe["class_type"],
        "pos": [train["pos"][0], -600],
        "size": [330, 300],
        "flags": {},
        "order": 0,
        "mode": 0,
        "inputs": [],
        "outputs": [{"name": "recipe", "type": "LIKENESS_RECIPE", "links": [link]}],
        "properties": {},
        "widgets_values": list(recipe["inputs"].values()),
    }
    wire = [link, at, 0, train["id"], slot, "LIKENESS_RECIPE"]
    return {
        **workflow,
        "nodes": [*workflow["nodes"], added],
        "links": [*workflow["links"], wire],
        "last_node_id": at,
        "last_link_id": link,
    }


def node(kind: str, /, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


_RECIPE: dict[str, Any] = {
    "preset": "Demo",
    "steps": 0,
    "rank": 0,
    "learning_rate": 0.0,
    "seed": 0,
    "alpha": 0.0,
    "batch": 0,
    "accumulation": 0,
    "prior_images": -1,
    "min_snr_gamma": -1.0,
    "targets": "as the preset says",
    "precision": "as the preset says",
    "save_every": 0,
    "sample_every": -1,
    "sample_prompts": "",
}


def from_workflow(workflow: Graph, infos: Graph) -> Graph:
    """The prompt a saved workflow stands for. KeyError names a node type, StopIteration a widget, that is not there."""
    sources = sources_of(workflow)
    graph: Graph = {}
    for saved in workflow["nodes"]:
        if saved["type"] in ("Note", "MarkdownNote") or saved["mode"] in (MUTED, BYPASSED):
            continue
        values = iter(saved.get("widgets_values") or [])
        inputs: dict[str, Any] = {}
        for name, (kind, *options) in _declared(infos[saved["type"]]):
            if options and options[0].get("forceInput"):
                continue
            if isinstance(kind, list) or kind in ("COMBO", "INT", "FLOAT", "STRING", "BOOLEAN"):
                inputs[name] = next(values)
                if options and options[0].get("control_after_generate"):
                    next(values)
        wired = {port["name"]: sources[port["link"]] for port in saved.get("inputs", []) if port.get("link") in sources}
        unknown = {name.partition(".")[0] for name in wired} - {name for name, _ in _declared(infos[saved["type"]])}
        assert not unknown, f"{saved['type']} has no inputs {unknown}"
        assert next(values, None) is None, f"{saved['type']} has fewer widgets than the workflow has values"
        graph[str(saved["id"])] = node(saved["type"], **{**inputs, **wired})
    return graph


def _declared(info: Graph) -> list[tuple[str, list[Any]]]:
    return [(name, spec) for kind in ("required", "optional") for name, spec in info["input"].get(kind, {}).items()]
