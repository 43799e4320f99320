"""IP-Adapters for FLUX.1: XLabs' as diffusers runs it, InstantX' as its own node does."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.tiny_flux import CLIP_WIDTH, T5_WIDTH, WIDTH
from trainer.errors import ModelError
from trainer.families.batch_rows import BatchRows, told_rows
from trainer.families.flux.model import Flux1
from trainer.families.registry import describe_base, load_family
from trainer.identity.adapter import FluxBlocks, Rows
from trainer.identity.adapters import instantx_flux
from trainer.identity.files import open_adapter
from trainer.identity.kinds import KINDS
from trainer.identity.mount.mount import mount_identity, placed_on
from trainer.identity.references import References, Tokens
from trainer.identity.use import Use

POOLED = 24
XLABS = "ip_adapter_double_stream_{}_proj"
PROCESSOR = [
    *(0.09478466, -0.46533275, 0.54797208, 0.03508874, -0.09192451, 0.01531334, 0.14059846, 0.12667739, 0.09543375),
    *(-0.05521303, -0.41019812, 0.22032794, -0.06934141, -0.11042629, -0.77851504, -0.82432944, -0.43576619),
    *(0.41738150, 0.07743452, 0.48119012, 0.01799939, -0.42523754, 0.43527877, 0.48410022, -0.16841103, -0.48905841),
    *(0.46434265, 0.23375362, 0.28601652, 0.00259414, -0.51768225, 0.01067145),
]
"""`IPAFluxAttnProcessor2_0` of Shakker-Labs/ComfyUI-IPAdapter-Flux eef22b68, attention_processor.py: every 97th."""
PROJECTED = [
    *(-1.07824373, -0.78065056, 0.38141870, 0.98348552, -0.23227732, 2.03901529, 0.38941351, -0.50744790, -2.03866053),
    *(-2.38865423, 1.01550066, -0.12453987, 2.13999605, 0.93319696, 0.43974400, 0.78425390, -0.90670365, -1.11967230),
    *(0.46311775, 0.65449154, -0.16337247, -1.14922643, -0.28155279, -0.30112672, -2.10462499, -2.39825630),
    *(1.11595833, -0.33423078),
]
"""`MLPProjModel` of the same commit, ipadapter_flux.py: every 7th."""


def drawn(source: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=source) * shape[-1] ** -0.5


def xlabs(path: Path, blocks: int = 1, tokens: int = 4, width: int = WIDTH) -> dict[str, Tensor]:
    """A random file as XLabs wrote theirs."""
    source = torch.Generator().manual_seed(8)
    rows = tokens * T5_WIDTH
    tensors = {
        "ip_adapter_proj_model.proj.weight": drawn(source, rows, POOLED),
        "ip_adapter_proj_model.proj.bias": drawn(source, rows),
        "ip_adapter_proj_model.norm.weight": 1 + drawn(source, T5_WIDTH),
        "ip_adapter_proj_model.norm.bias": drawn(source, T5_WIDTH),
    }
    for block in range(blocks):
        for side in "kv":
            name = f"double_blocks.{block}.processor.{XLABS.format(side)}"
            tensors |= {f"{name}.weight": drawn(source, width, T5_WIDTH), f"{name}.bias": drawn(source, width)}
    save_file(tensors, path)
    return tensors


def instantx(path: Path, width: int = WIDTH, blocks: int = 3) -> Path:
    """A random file of InstantX' names, for a FLUX of three blocks."""
    source = torch.Generator().manual_seed(9)
    shapes = {
        **{"proj.0.weight": (16, 8), "proj.0.bias": (16,), "proj.2.weight": (6 * T5_WIDTH, 16)},
        **{"proj.2.bias": (6 * T5_WIDTH,), "norm.weight": (T5_WIDTH,), "norm.bias": (T5_WIDTH,)},
    }
    tensors = {
        "image_proj": {name: drawn(source, *shape) for name, shape in shapes.items()},
        "ip_adapter": {
            f"{block}.to_{side}_ip.weight": drawn(source, width, T5_WIDTH) for block in range(blocks) for side in "kv"
        },
    }
    torch.save(tensors, path)
    return path


def seen(count: int = 1, width: int = POOLED) -> References:
    return References(pooled=torch.randn(count, width, generator=torch.Generator().manual_seed(6)))


def as_diffusers(file: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """As its pipeline hands the file to the transformer."""
    projection = {name.split(".", 1)[1]: tensor for name, tensor in file.items() if name.startswith("ip_adapter_proj")}
    attention = {
        name.removeprefix("double_blocks.").replace("processor.", "").replace(XLABS.format(side), f"to_{side}_ip"): each
        for side in "kv"
        for name, each in file.items()
        if XLABS.format(side) in name
    }
    return {"image_proj": projection, "ip_adapter": attention}


@pytest.fixture
def family(tiny_flux_home: Path, monkeypatch: pytest.MonkeyPatch) -> Flux1:
    monkeypatch.setenv("COMFYUI_PATH", str(tiny_flux_home))
    loaded = load_family(describe_base(tiny_flux_home / "models" / "diffusion_models" / "tiny-flux.safetensors"))
    assert isinstance(loaded, Flux1)
    return loaded


def asked(family: Flux1, **beside: Any) -> Tensor:
    """Two rows, the first without the prompt."""
    source = torch.Generator().manual_seed(4)
    image, text = (torch.randn(2, *shape, generator=source) for shape in ((12, 64), (5, T5_WIDTH)))
    grid = torch.tensor([[0.0, row, column] for row in range(4) for column in range(3)])
    with torch.no_grad(), told_rows(BatchRows.guided(1)):
        return family.denoiser(
            hidden_states=image,
            timestep=torch.tensor([0.5, 0.5]),
            guidance=torch.tensor([3.5, 3.5]),
            pooled_projections=torch.randn(2, CLIP_WIDTH, generator=source),
            encoder_hidden_states=text,
            txt_ids=torch.zeros(5, 3),
            img_ids=grid,
            **beside,
        ).sample


@pytest.mark.parametrize("tokens", [4, 16])
def test_xlabs_attention_is_diffusers_own(tmp_path: Path, tokens: int) -> None:
    from diffusers.models.transformers.transformer_flux import FluxAttention, FluxIPAdapterAttnProcessor

    file, width = xlabs(tmp_path / "x.safetensors", tokens=tokens, width=256), 256
    adapter = open_adapter(tmp_path / "x.safetensors")
    assert (adapter.kind.name, adapter.family) == ("xlabs_flux", "flux1")
    use = Use(weight=0.7)
    made = adapter.tokens(seen(2), Use(options={"each": 1.0}))
    assert made.conditional.shape == (2, tokens, T5_WIDTH)
    processor = FluxIPAdapterAttnProcessor(width, T5_WIDTH, num_tokens=(tokens,), scale=0.7)
    attention = FluxAttention(width, heads=2, dim_head=128, added_kv_proj_dim=width, out_dim=width, eps=1e-6)
    file = as_diffusers(file)["ip_adapter"]
    processor.load_state_dict(
        {f"to_{side}_ip.0.{part}": file[f"0.to_{side}_ip.{part}"] for side in "kv" for part in ("weight", "bias")}
    )
    source = torch.Generator().manual_seed(2)
    image, text = torch.randn(2, 6, width, generator=source), torch.randn(2, 3, width, generator=source)
    with torch.no_grad():
        *_, wanted = processor(attention, image, text, ip_hidden_states=[made.conditional])
        query = attention.norm_q(attention.to_q(image).unflatten(-1, (2, -1))).transpose(1, 2)
        blocks: Any = adapter.placed(made, use)
        found = blocks.followed(0, image, query, Rows(conditional=(True, True), latent=(0, 1), heads=2, grid=(2, 3)))
    assert torch.allclose(found, wanted, atol=1e-5)


def test_a_whole_flux_with_xlabs_is_diffusers_own(tmp_path: Path, family: Flux1) -> None:
    file = xlabs(tmp_path / "x.safetensors")
    adapter = open_adapter(tmp_path / "x.safetensors")
    references, bare = seen(), asked(family)
    mounted = mount_identity(family, placed_on(family, adapter, adapter.tokens(references, Use()), Use(weight=0.8)))
    found = asked(family)
    mounted.remove()
    assert torch.equal(asked(family), bare)
    family.denoiser._load_ip_adapter_weights([as_diffusers(file)])
    for processor in family.denoiser.attn_processors.values():
        if hasattr(processor, "scale"):
            processor.scale = [0.8]
    assert references.pooled is not None
    # Without the prompt diffusers' pipeline shows a picture of zeros.
    pooled = torch.cat([torch.zeros(1, POOLED), references.pooled])[:, None]
    wanted = asked(family, joint_attention_kwargs={"ip_adapter_image_embeds": [pooled]})
    assert torch.allclose(found, wanted, atol=1e-4)
    assert not torch.allclose(found, bare, atol=1e-2)


def test_instantx_attention_is_its_nodes(tmp_path: Path) -> None:
    source = torch.Generator().manual_seed(11)
    key, value = torch.randn(256, 64, generator=source), torch.randn(256, 64, generator=source)
    tokens, query = torch.randn(1, 5, 64, generator=source), torch.randn(2, 2, 6, 128, generator=source)
    adapter = instantx_flux.InstantxFlux(
        kind=KINDS["instantx_flux"],
        path=tmp_path / "i.bin",
        tensors={"ip_adapter.0.to_k_ip.weight": key, "ip_adapter.0.to_v_ip.weight": value},
        blocks=(0,),
    )
    blocks = adapter.placed(Tokens(tokens, tokens), Use(weight=0.7))
    rows = Rows(conditional=(True, False), latent=(0, 0), heads=2, grid=(2, 3))
    assert blocks.joined(0, query, rows).flatten()[::97].tolist() == pytest.approx(PROCESSOR, abs=1e-5)


def test_instantx_projection_is_its_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of it after the other, too."""
    shapes = {
        **{"proj.0.weight": (16, 8), "proj.0.bias": (16,), "proj.2.weight": (96, 16)},
        **{"proj.2.bias": (96,), "norm.weight": (16,), "norm.bias": (16,)},
    }
    source = torch.Generator().manual_seed(12)
    tensors = {f"image_proj.{name}": torch.randn(shape, generator=source) for name, shape in shapes.items()}
    pooled = torch.randn(2, 8, generator=source)
    kind = KINDS["instantx_flux"]
    adapter = instantx_flux.InstantxFlux(kind=kind, path=tmp_path / "i.bin", tensors=tensors, blocks=())
    for most in (1 << 15, 10):
        monkeypatch.setattr(instantx_flux, "_MOST_ROWS", most)
        made = adapter.tokens(References(pooled=pooled), Use(options={"each": 1.0}))
        assert made.conditional.flatten()[::7].tolist() == pytest.approx(PROJECTED, abs=1e-5)


def test_instantx_joins_all_blocks_and_leaves_no_trace(tmp_path: Path, family: Flux1) -> None:
    adapter = open_adapter(instantx(tmp_path / "i.bin"))
    assert (adapter.kind.name, adapter.family) == ("instantx_flux", "flux1")
    made, bare = adapter.tokens(seen(2, 8), Use()), asked(family)
    assert made.conditional.shape == made.unconditional.shape == (1, 12, T5_WIDTH), "of two pictures, side by side"
    placed = placed_on(family, adapter, made, Use(weight=0.6))
    blocks: Any = placed.layers
    assert (blocks.joins, blocks.follows) == ({0, 1, 2}, frozenset())
    mounted = mount_identity(family, placed)
    assert not torch.allclose(asked(family), bare, atol=1e-2)
    mounted.remove()
    assert torch.equal(asked(family), bare)


def test_a_mask_keeps_it_to_its_tokens_and_from_the_text(tmp_path: Path) -> None:
    adapter = open_adapter(instantx(tmp_path / "i.bin"))
    made = adapter.tokens(seen(1, 8), Use())
    left = torch.zeros(8, 6)
    left[:, :2] = 1
    query = torch.randn(1, 1, 2 + 12, WIDTH, generator=torch.Generator().manual_seed(1))
    rows = Rows(conditional=(True,), latent=(0,), heads=1, grid=(4, 3))
    whole, masked = (
        blocks_of(adapter.placed(made, Use(weight=1.0, mask=mask))).joined(1, query, rows) for mask in (None, left)
    )
    inside = torch.cat([torch.zeros(2), torch.tensor([1.0, 0.0, 0.0]).repeat(4)])
    assert torch.equal(masked, whole * inside[:, None])


def blocks_of(placed: object) -> FluxBlocks:
    return placed  # type: ignore[return-value]


@pytest.mark.parametrize("file", ["x.safetensors", "i.bin"])
def test_a_weight_of_nothing_is_in_no_block(tmp_path: Path, family: Flux1, file: str) -> None:
    xlabs(tmp_path / "x.safetensors")
    instantx(tmp_path / "i.bin")
    adapter, bare = open_adapter(tmp_path / file), asked(family)
    made = adapter.tokens(seen(1, 8 if file == "i.bin" else POOLED), Use())
    mount_identity(family, placed_on(family, adapter, made, Use(weight=0.0)))
    assert torch.equal(asked(family), bare)
    assert not blocks_of(adapter.placed(made, Use(weight=0.0))).attends


def test_what_does_not_go_together_gets_a_sentence(tmp_path: Path, family: Flux1) -> None:
    whole = xlabs(tmp_path / "x.safetensors")
    lacking = {name: tensor for name, tensor in whole.items() if not name.endswith("v_proj.bias")}
    save_file(lacking, tmp_path / "cut.safetensors")
    with pytest.raises(ModelError, match=r"cut\.safetensors is not whole: it lacks double_blocks\.0\..*v_proj\.bias"):
        open_adapter(tmp_path / "cut.safetensors")
    adapter = open_adapter(tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match=r"XLabs.* reads the output of CLIP ViT-L, 24 wide; this is .* 30 wide"):
        adapter.tokens(seen(1, 30), Use())
    made = adapter.tokens(seen(), Use())
    with pytest.raises(ModelError, match=r"x\.safetensors is for FLUX\.1.* Set weight_type to 'linear'"):
        adapter.placed(made, Use(weight_type="style transfer"))
    with pytest.raises(ModelError, match=r"x\.safetensors has one way .* Set scaling to 'V only'"):
        adapter.placed(made, Use(scaling="K+V"))
    for other in (adapter, open_adapter(instantx(tmp_path / "i.bin"))):
        with pytest.raises(ModelError, match=r"reads tokens of \d+ values and was given 3: .* another adapter's"):
            other.placed(Tokens(torch.ones(1, 2, 3), torch.ones(1, 2, 3)), Use())
    xlabs(tmp_path / "wide.safetensors", width=256)
    wide = open_adapter(tmp_path / "wide.safetensors")
    with pytest.raises(ModelError, match=r"wide\.safetensors does not fit this base: its block 0 is 256 wide"):
        mount_identity(family, placed_on(family, wide, made, Use()))
    xlabs(tmp_path / "deep.safetensors", blocks=19)
    deep = open_adapter(tmp_path / "deep.safetensors")
    with pytest.raises(ModelError, match=r"deep\.safetensors does not fit this base: it changes blocks 3, 4"):
        mount_identity(family, placed_on(family, deep, made, Use()))
