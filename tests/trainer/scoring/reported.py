"""Reports as JSON made by hand, with small plain pictures: nothing is drawn or measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

SEEDS = (1, 2)


def reported(out: Path, labels: Sequence[str] = ("Step 100", "Step 200", "Step 300"), **other: Any) -> dict[str, Any]:
    """A report on these checkpoints: the second is chosen, the first as good, the last one over-trained."""
    prompts = other.pop("prompts", 3)
    probes = [_probe("trigger", "sage, person"), *(_probe("prompt", f"sage, scene {n}") for n in range(prompts - 1))]
    for folder in ("pictures", "references"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 24), (10, 120, 60)).save(out / "references" / "real.png")
    columns = [column(out, label, number, prompts) for number, label in enumerate(("No LoRA", *labels))]
    columns[-1]["flags"] = [{"kind": "overtrained", "sentence": "It repeats its pictures."}]
    made = {
        "trigger": "sage",
        "plan": {"probes": probes, "size": [24, 24]},
        "control": columns[0],
        "checkpoints": columns[1:],
        "reference": 0.9,
        "chosen": labels[1],
        "tied": list(labels[:2]),
        "reason": f"{labels[1]}: identity 0.80.",
        "advice": ["Train fewer epochs."],
        "notes": ["One face was read twice."],
        "readers": {"faces": "some reader"},
        "key": "key",
        "base": "some base",
        "precision": "bf16",
        "references": ["references/real.png"],
    }
    return made | other


def column(out: Path, label: str, number: int, prompts: int) -> dict[str, Any]:
    """Scores of one column, the control's for number 0, and its pictures in a colour of their own."""
    picture = f"pictures/{number}.png"
    Image.new("RGB", (24, 24), (10 * number, 200, 255 - 10 * number)).save(out / picture)
    rows = [(probe, seed) for probe in range(prompts) for seed in SEEDS]
    return {
        "label": label,
        "step": 100 * number or None,
        "lora": f"{number}.safetensors" if number else None,
        "measures": {
            "identity": between(0.1 + 0.2 * number),
            "leak": between(0.3 - 0.1 * number),
            "following": None,
            "zest_of_style": between(0.5),
        },
        "slots": {},
        "pictures": [
            {"probe": p, "kind": "prompt" if p else "trigger", "seed": s, "path": picture, "identity": 0.5}
            for p, s in rows
        ],
    }


def between(value: float) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "count": 8}


def _probe(kind: str, prompt: str) -> dict[str, Any]:
    return {"kind": kind, "prompt": prompt, "asked": {}, "seeds": list(SEEDS)}
