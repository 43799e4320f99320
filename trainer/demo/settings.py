"""Recipe and comparison that suit a demo base: small, quick, and made of what its drawings can show."""

import numpy as np

from ..recipe.buckets import Buckets
from ..recipe.flow import Flow
from ..recipe.lora import Lora
from ..recipe.loss import Loss
from ..recipe.memory import Memory
from ..recipe.optim import Optim, Schedule
from ..recipe.output import Output
from ..recipe.prior import Prior
from ..recipe.recipe import Recipe
from ..scoring.plan.compare_plan import ComparePlan, Probe
from .characters.character import balanced_looks
from .family import DemoFamily
from .world.captions import SUBJECT, caption
from .world.identity import random_identity
from .world.look import Look

SIZE = 128
_SAMPLES = (
    "{trigger}, {subject}",
    "{trigger}, {subject}, blue hoodie, smiling, looking at viewer, in a forest, yellow background, flat drawing",
    "{trigger}, {subject}, red scarf, surprised, looking left, in a city, purple background, 3d render",
    "{subject}, white shirt, neutral expression, looking at viewer, in a studio, gray background, flat drawing",
)
_LR: dict[DemoFamily, float] = {"sdxl": 3e-3, "flow": 4e-3}
_FLOW: dict[DemoFamily, Flow] = {"sdxl": Flow(), "flow": Flow(sampling="shift", shift=2.0, sigmoid_scale=1.3)}
"""Hair and skin, the most of an identity here, are settled near noise: there a LoRA must learn."""
_GUIDANCE: dict[DemoFamily, float] = {"sdxl": 4.0, "flow": 2.0}


def demo_recipe(*, family: DemoFamily = "sdxl", steps: int = 300, lr: float | None = None, seed: int = 0) -> Recipe:
    """Half of every batch keeps other people as they are; three checkpoints.

    lr is by default what suits the family's demo base: a real one takes a thirtieth.
    """
    third = max(1, steps // 3)
    return Recipe(
        lora=Lora(rank=16, alpha=16, targets="attention_mlp"),
        optim=Optim(lr=_LR[family] if lr is None else lr),
        loss=Loss() if family == "sdxl" else Loss(min_snr_gamma=0.0),
        flow=_FLOW[family],
        schedule=Schedule(steps=steps, batch=4, warmup=min(10, steps - 1)),
        prior=Prior(images=32),
        buckets=Buckets(resolution=SIZE, step=64, shortest=64, longest=256),
        memory=Memory(precision="fp32", gradient_checkpointing=False),
        output=Output(save_every=third, sample_every=third, samples=_SAMPLES, held_out_every=25),
        seed=seed,
    )


def demo_plan(trigger: str, family: DemoFamily = "sdxl") -> ComparePlan:
    """48 pictures a checkpoint: 8 of the bare trigger, 24 contexts using every word evenly, 8 without it, 8 others."""
    rng = np.random.default_rng(5)
    contexts, without, others = (balanced_looks(count, rng) for count in (24, 8, 8))
    probes = [Probe(kind="trigger", prompt=f"{trigger}, {SUBJECT}", seeds=(1, 2, 3, 4, 5, 6, 7, 8))]
    probes += [
        Probe(kind="prompt", prompt=caption([trigger], look), asked=asked(look), seeds=(100 + n,))
        for n, look in enumerate(contexts)
    ]
    probes += [
        Probe(kind="class", prompt=caption([], look), asked=asked(look), seeds=(200 + n,))
        for n, look in enumerate(without)
    ]
    for n, look in enumerate(others):
        words = random_identity(rng).words()
        probes.append(Probe(kind="other", prompt=caption(words, look), asked=asked(look), seeds=(300 + n,)))
    return ComparePlan(probes=tuple(probes), size=(SIZE, SIZE), steps=20, guidance=_GUIDANCE[family], face_floor=0.3)


def asked(look: Look) -> dict[str, str]:
    """What the demo reader should read back, by its slots."""
    return {
        "background": look.background,
        "scene": look.scene,
        "clothing": f"{look.garment_color} {look.garment}",
        "expression": look.expression,
        "turn": look.turn,
        "style": look.style,
    }
