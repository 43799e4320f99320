"""Of the host's interpreter: adapters as files in the published layouts, opened and mounted by either engine."""

from pathlib import Path
from typing import Any

import torch
from identity_bases import Base, apart
from identity_parts import drawn
from likeness.nodes.host.fingerprint import fingerprint  # type: ignore[reportMissingImports]
from likeness.nodes.host.identity.apply import apply_identity  # type: ignore[reportMissingImports]
from likeness.nodes.host.identity.layers import attention_paths  # type: ignore[reportMissingImports]
from likeness.trainer.identity.files import open_adapter  # type: ignore[reportMissingImports]
from likeness.trainer.identity.mount.mount import placed_on  # type: ignore[reportMissingImports]
from likeness.trainer.identity.references import References, Tokens  # type: ignore[reportMissingImports]
from likeness.trainer.identity.use import Use  # type: ignore[reportMissingImports]
from safetensors.torch import save_file
from torch import Tensor


def files(base: Base, folder: Path) -> dict[str, Any]:
    """Files in the layout that is published, opened and mounted by either engine."""
    noise, context = drawn(2, 4, 8, 8, seed=12), {"sdxl": 2048, "sd15": 768}[base.name]
    tensors = {
        "image_proj.proj.0.weight": drawn(1024, 512, seed=1) / 20,
        "image_proj.proj.0.bias": drawn(1024, seed=2),
        "image_proj.proj.2.weight": drawn(4 * context, 1024, seed=3) / 30,
        "image_proj.proj.2.bias": drawn(4 * context, seed=4),
        "image_proj.norm.weight": torch.ones(context),
        "image_proj.norm.bias": torch.zeros(context),
    }
    for number, width in base.widths.items():
        for seed, part in enumerate(("to_k_ip", "to_v_ip")):
            tensors[f"ip_adapter.{number}.{part}.weight"] = drawn(width, context, seed=number + seed) / context**0.5
    for number, path in enumerate(attention_paths(base.model)):
        for part, name in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("out", "to_out.0")):
            out, wide = base.family.denoiser.get_submodule(f"{path}.{name}").weight.shape
            tensors[f"ip_adapter.{number}.to_{part}_lora.down.weight"] = drawn(4, wide, seed=number) * 0.05
            tensors[f"ip_adapter.{number}.to_{part}_lora.up.weight"] = drawn(out, 4, seed=number + 1) * 0.05
    save_file(tensors, folder / "faceid.safetensors")
    opened = open_adapter(folder / "faceid.safetensors")
    seen = References(faces=drawn(2, 512, seed=13), face_model="buffalo_l")
    mask = torch.zeros(16, 16)
    mask[:, 4:] = 1
    uses = [Use(weight=0.8, mask=mask), *(Use(weight=0.8, weight_type=each) for each in ("ease in", "style transfer"))]
    said = {
        f"faceid, {use.weight_type}": opened_gap(base, opened, opened.tokens(seen, use), use, noise) for use in uses
    }
    if base.name == "sdxl":
        names = {
            f"id_adapter_attn_layers.{number}.id_to_{part}.weight": drawn(width, context, seed=number + seed) / 45
            for number, width in base.widths.items()
            for seed, part in enumerate("kv")
        }
        save_file(
            names | {"id_adapter.id_embedding_mapping.0.weight": drawn(4, 4, seed=0)}, folder / "pulid.safetensors"
        )
        opened = open_adapter(folder / "pulid.safetensors")
        tokens = Tokens(drawn(1, 10, context, seed=14), drawn(1, 10, context, seed=15))
        for method in ("fidelity", "style"):
            use = Use(weight=0.8, options={"method": method})
            said[f"pulid, {method}"] = opened_gap(base, opened, tokens, use, noise)
    return said


def names(base: Base, opened: Any) -> dict[str, bool]:
    """What kept pictures are filed under: it goes by what is drawn, and by nothing else."""
    masks = torch.zeros(2, 16, 16)
    masks[0, :, 8:] = masks[1, 8:] = 1
    faces = [References(faces=drawn(1, 512, seed=seed), face_model="buffalo_l") for seed in (20, 21)]

    def worn(seen: Any = faces[0], **use: Any) -> Any:
        used = Use(**{"weight": 0.8, **use})
        return apply_identity(base.model, opened, opened.tokens(seen, used), used)

    variants = [{}, {"weight": 0.7}, {"end": 0.9}, {"mask": masks[0]}, {"mask": masks[1]}, {"seen": faces[1]}]
    models = [worn(**variant) for variant in variants]
    said = [fingerprint(model) for model in models]
    base.host(models[3], drawn(1, 4, 8, 8, seed=22))
    return {
        "differ": len({fingerprint(base.model), *said}) == len(said) + 1,
        "come again": [fingerprint(worn(**variant)) for variant in variants] == said,
        "stay": fingerprint(models[3]) == said[3],
    }


def opened_gap(base: Base, adapter: Any, tokens: Any, use: Any, noise: Tensor) -> tuple[float, float]:
    """How far apart the engines are, and how far from the bare base."""
    theirs = base.host(apply_identity(base.model, adapter, tokens, use), noise)
    ours = base.ours(noise, placed_on(base.family, adapter, tokens, use))
    return apart(theirs, ours), apart(theirs, base.host(base.model, noise))
