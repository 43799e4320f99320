"""Check motion in the host: frames that core nodes sampled and decoded, and the same sampled by the node itself."""

from typing import Any

from .comfyui import Comfy
from .graphs import CHARACTER_PROMPT, Graph, node, sampling

FRAMES = 8


def _graph() -> Graph:
    core = sampling(["base", 0], ["base", 1], ["base", 2], seed=7)
    core["empty"]["inputs"]["batch_size"] = FRAMES
    core["sample"]["inputs"]["steps"] = 4
    known = {"references": ["who", 0], "reader": "demo drawings"}
    how = {"prompt": CHARACTER_PROMPT, "negative": "", "seed": 7, "steps": 4, "cfg": 4.0}
    model = {"model": ["base", 0], "clip": ["base", 1], "vae": ["base", 2], "latent": ["empty", 0]}
    return {
        "base": node("LikenessDemoBaseModel"),
        "who": node("LikenessDemoCharacter", number=0),
        **core,
        "wired": node("LikenessCheckMotion", frames=["decode", 0], **known, **how),
        "sampled": node("LikenessCheckMotion", **known, **how, **model, sampler="euler", scheduler="simple"),
        "both": node("LikenessCheckMotion", frames=["sampled", 9], without_lora=["decode", 0], **known, **how),
    }


def test_what_the_node_samples_is_what_core_nodes_sample(comfy: Comfy) -> None:
    """A still base draws eight pictures that have nothing to do with one another: surely no clip that holds."""
    outputs: dict[str, Any] = comfy.run(_graph())
    (wired,), (sampled,), (both,) = (outputs[name]["text"] for name in ("wired", "sampled", "both"))
    assert wired == sampled and f"{FRAMES} frames in 1 clip, read by demo reader" in wired
    assert not wired.startswith("Holds") and all(outputs[name]["images"] for name in ("wired", "sampled"))
    assert "The LoRA adds 0.00" in both
