"""PuLID on a whole UNet and a whole FLUX.1 against ToTheBeginning/PuLID at 1aa2fc7df4bf51080df39f355f9abdc1cbfefbaa.

The reference ran its `IDAttnProcessor2_0` in diffusers' UNet of `tests/tiny_base`, and its own `Flux` of width 128
with 3 double and 5 single blocks, on the same random weights.
"""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny_flux import CLIP_WIDTH, T5_WIDTH, WIDTH, transformer_shapes, write_tiny_flux, write_tokenizers
from tests.trainer.identity.drawn import drawn, golden, noise, some_of
from tests.trainer.identity.pulid_layouts import attention_shapes
from trainer.families.base import Base
from trainer.families.batch_rows import BatchRows, told_rows
from trainer.families.registry import describe_base, load_family
from trainer.families.sd.model import StableDiffusion
from trainer.identity.adapters import pulid
from trainer.identity.adapters.pulid_flux import After, PulidFluxBlocks
from trainer.identity.attention.perceiver import Lookup, PerceiverAttentionCA
from trainer.identity.attention.token_rows import TokenRows
from trainer.identity.encoders.filled import filled
from trainer.identity.kinds import KINDS
from trainer.identity.mount.mount import Placed, mount_identity, placed_on
from trainer.identity.mount.unet import cross_attentions
from trainer.identity.references import Tokens
from trainer.identity.use import Use
from trainer.storage.tensor_file import write_tensors


@pytest.fixture
def unet(tiny_base: Base) -> StableDiffusion:
    family = load_family(tiny_base)
    assert isinstance(family, StableDiffusion)
    weights = family.denoiser.state_dict()
    family.denoiser.load_state_dict(drawn({name: tuple(weight.shape) for name, weight in weights.items()}))
    return family


def adapter_for(family: StableDiffusion) -> pulid.Pulid:
    shapes = {
        f"id_adapter_attn_layers.{number}.id_to_{side}.weight": (attention.inner_dim, 64)
        for number, (_, attention) in cross_attentions(family.denoiser).items()
        for side in "kv"
    }
    return pulid.opened(Path("pulid.safetensors"), KINDS["pulid"], drawn(shapes, 9))


def asked(family: StableDiffusion) -> torch.Tensor:
    beside = {"text_embeds": noise(3, 2, 32), "time_ids": torch.full((2, 6), 64.0)}
    given = {"encoder_hidden_states": noise(2, 2, 5, 64), "added_cond_kwargs": beside}
    with torch.no_grad(), told_rows(BatchRows.guided(1)):
        return family.denoiser(noise(1, 2, 4, 8, 6), torch.tensor(500), **given).sample


@pytest.mark.parametrize("method", ["fidelity", "style", "neutral"])
def test_a_whole_unet_sees_what_the_reference_makes_it_see(unet: StableDiffusion, method: str):
    before = asked(unet)
    use = Use(weight=0.8, options={"method": method})
    tokens = Tokens(noise(4, 1, 10, 64), noise(5, 1, 10, 64))
    mounted = mount_identity(unet, placed_on(unet, adapter_for(unet), tokens, use))
    assert some_of(asked(unet)) == pytest.approx(golden("pulid.json", "whole_unet")[method], rel=0, abs=1e-5)
    mounted.remove()
    assert torch.equal(asked(unet), before)


def test_a_whole_flux_sees_what_the_reference_makes_it_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = write_tokenizers(tmp_path)
    monkeypatch.setenv("COMFYUI_PATH", str(home))
    path = write_tiny_flux(home / "models")
    write_tensors(path, drawn(transformer_shapes(True, WIDTH, 3, 5)), {})
    family: Any = load_family(describe_base(path))
    mount_identity(family, Placed(layers=flux_blocks(), use=Use(weight=0.9)))
    places = torch.zeros(4, 3, 3)
    places[..., 1], places[..., 2] = torch.arange(4.0)[:, None], torch.arange(3.0)
    with torch.no_grad(), told_rows(BatchRows.guided(1)):
        found = family.denoiser(
            hidden_states=noise(1, 2, 12, 64),
            encoder_hidden_states=noise(2, 2, 5, T5_WIDTH),
            pooled_projections=noise(3, 2, CLIP_WIDTH),
            timestep=torch.tensor([0.5, 0.5]),
            guidance=torch.tensor([4.0, 4.0]),
            img_ids=places.view(12, 3),
            txt_ids=torch.zeros(5, 3),
        ).sample
    assert some_of(found) == pytest.approx(golden("pulid.json", "whole_flux"), rel=0, abs=1e-5)


def flux_blocks() -> PulidFluxBlocks:
    """After double blocks 0 and 2 and single blocks 0 and 4 of a FLUX with three double blocks."""
    tensors = drawn(
        {
            name: shape
            for number in range(4)
            for name, shape in attention_shapes(f"{number}.", query=WIDTH, context=48, inner=256).items()
        },
        9,
    )
    after: dict[int, After] = {}
    for number, block in enumerate((0, 2, 3, 7)):
        own = {name[2:]: tensor for name, tensor in tensors.items() if name.startswith(f"{number}.")}
        attention = filled(lambda _: PerceiverAttentionCA(WIDTH, 48, 256, 128), own, "a file")
        conditional, unconditional = (attention.keys_and_values(noise(seed, 1, 6, 48)) for seed in (4, 5))
        after[block] = After(Lookup(attention), TokenRows(conditional, unconditional))
    return PulidFluxBlocks(after, Use(weight=0.9))
