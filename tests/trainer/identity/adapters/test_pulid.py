"""PuLID's files in their real layout and tiny sizes: recognised, read into tokens, placed, and refused when unfit."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.trainer.identity.drawn import Shapes, drawn, noise
from tests.trainer.identity.pulid_layouts import (
    attention_shapes,
    id_encoder_shapes,
    id_former_shapes,
    pulid_flux_shapes,
    pulid_shapes,
    sdxl_layers,
)
from trainer.errors import ModelError
from trainer.identity.adapter import CrossAttention, FluxBlocks, Rows
from trainer.identity.adapters import pulid, pulid_flux
from trainer.identity.files import open_adapter
from trainer.identity.references import References, Tokens
from trainer.identity.use import Use

TEXT, FACE, POOLED, LEVEL = 64, 32, 16, 32
ENCODER = id_encoder_shapes(identity=FACE + POOLED, level=LEVEL, width=TEXT)
FORMER = id_former_shapes(identity=FACE + POOLED, level=LEVEL, width=64, heads=1, depth=5, queries=6, out=TEXT)
FLUX = pulid_flux_shapes(FORMER, query=48, context=TEXT, inner=128)
ROWS = Rows(conditional=(True, False), latent=(0, 0), heads=2, grid=(2, 3))


def written(path: Path, shapes: Shapes, **changed: Tensor | None) -> Path:
    tensors = {**drawn(shapes), **{name.replace("__", "."): tensor for name, tensor in changed.items()}}
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not None}, path)
    return path


def references(count: int = 1, **changed: Any) -> References:
    given: dict[str, Any] = {
        "faces": 20 * torch.nn.functional.normalize(noise(1, count, FACE), dim=-1),
        "face_model": "antelopev2",
        "pooled": torch.nn.functional.normalize(noise(2, count, POOLED), dim=-1),
        "levels": tuple(noise(3 + number, count, 10, LEVEL) for number in range(5)),
    }
    return References(**{**given, **changed})


def followed(placed: FluxBlocks, block: int, image: Tensor, rows: Rows = ROWS) -> Tensor:
    return placed.followed(block, image, None, rows)


@pytest.mark.parametrize("is_converted", [False, True], ids=["as published", "as node packs convert it"])
@pytest.mark.parametrize(("encoder", "kind", "count"), [(ENCODER, "pulid", 10), (FORMER, "pulid_v1_1", 6)])
def test_both_versions_for_sdxl_open_in_both_layouts(
    tmp_path: Path, encoder: Shapes, kind: str, count: int, is_converted: bool
):
    path = written(tmp_path / "face.safetensors", pulid_shapes(encoder, TEXT, is_converted=is_converted))
    adapter = open_adapter(path)
    tokens = adapter.tokens(references(), Use())
    placed = adapter.placed(tokens, Use(weight=0.8))
    assert (adapter.kind.name, adapter.family, adapter.path) == (kind, "sdxl", path)
    assert tokens.conditional.shape == tokens.unconditional.shape == (1, count, TEXT)
    assert placed.numbers == {number for number, _ in sdxl_layers()}  # type: ignore[union-attr]
    assert not adapter.weight_patches()


def test_the_layouts_say_the_same(tmp_path: Path):
    shapes, converted = (pulid_shapes(FORMER, TEXT, is_converted=converted) for converted in (False, True))
    tensors = drawn(shapes)
    renamed = dict(zip(converted, (tensors[name] for name in shapes), strict=True))
    save_file(renamed, tmp_path / "b.safetensors")
    save_file(tensors, tmp_path / "a.safetensors")
    said = []
    for name in ("a", "b"):
        adapter = open_adapter(tmp_path / f"{name}.safetensors")
        placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use(weight=0.8))
        said.append(placed.attend(9, noise(8, 2, 6, 40), noise(9, 2, 6, 40), ROWS))
    assert torch.equal(*said)


def test_v1_opens_as_the_bin_file_that_it_was_published_as(tmp_path: Path):
    torch.save(drawn(pulid_shapes(ENCODER, TEXT)), tmp_path / "pulid_v1.bin")
    adapter = open_adapter(tmp_path / "pulid_v1.bin")
    assert adapter.kind.name == "pulid"
    assert adapter.tokens(references(), Use()).conditional.shape == (1, 10, TEXT)


@pytest.mark.parametrize("name", ["v1.bin", "v1.safetensors", "flux.safetensors"])
def test_what_is_placed_in_inference_mode_serves_outside_it(tmp_path: Path, name: str):
    tensors = drawn(FLUX if name.startswith("flux") else pulid_shapes(ENCODER, TEXT))
    (torch.save if name.endswith("bin") else save_file)(tensors, tmp_path / name)
    with torch.inference_mode():
        adapter = open_adapter(tmp_path / name)
        placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use(weight=1.0))
        placed.weights.to(torch.bfloat16)
    placed.weights.to(torch.float32)
    query = noise(8, 2, 6, 48 if adapter.family == "flux1" else 40)
    said = followed(placed, 0, query) if adapter.family == "flux1" else placed.attend(9, query, query, ROWS)
    assert said.shape == query.shape
    assert not said.is_inference()


def test_each_layer_is_of_its_own_number(tmp_path: Path):
    """With all weights zero but one layer's, that layer alone changes what it is given."""
    shapes = pulid_shapes(ENCODER, TEXT)
    tensors = drawn(shapes)
    for name in shapes:
        if re.search(r"layers\.(?!31\.)\d+\.id_to_v", name):
            tensors[name] = torch.zeros(shapes[name])
    save_file(tensors, tmp_path / "one.safetensors")
    adapter = open_adapter(tmp_path / "one.safetensors")
    placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use(weight=1.0, options={"method": "neutral"}))
    changed = []
    for number, width in sdxl_layers(TEXT):
        text = noise(9, 2, 6, width)
        if not torch.equal(placed.attend(number, noise(8, 2, 6, width), text, ROWS), text):
            changed.append(number)
    assert changed == [31]


def test_flux_attentions_follow_every_second_double_and_every_fourth_single_block(tmp_path: Path):
    adapter = open_adapter(written(tmp_path / "flux.safetensors", FLUX))
    placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use(weight=0.8))
    assert (adapter.kind.name, adapter.family) == ("pulid_flux", "flux1")
    assert sorted(placed.follows) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 19, 23, 27, 31, 35, 39, 43, 47, 51, 55]
    assert not placed.attends | placed.joins


@pytest.mark.parametrize("use", [Use(weight_type="style transfer"), Use(scaling="K+V")])
def test_what_a_unet_alone_has_is_refused_for_flux(tmp_path: Path, use: Use):
    adapter = open_adapter(written(tmp_path / "flux.safetensors", FLUX))
    with pytest.raises(ModelError, match=r"flux\.safetensors .* Set (weight_type|scaling) to"):
        adapter.placed(adapter.tokens(references(), use), use)


def test_each_flux_attention_is_of_its_own_block(tmp_path: Path):
    tensors = drawn(FLUX)
    for number in range(20):
        if number != 12:
            tensors[f"pulid_ca.{number}.to_out.weight"].zero_()
    save_file(tensors, tmp_path / "flux.safetensors")
    adapter = open_adapter(tmp_path / "flux.safetensors")
    placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use(weight=0.8))
    image = noise(9, 2, 6, 48)
    assert [block for block in sorted(placed.follows) if followed(placed, block, image).any()] == [27]


def test_flux_adds_weight_times_the_attention_each_row_of_its_own_tokens(tmp_path: Path):
    adapter = open_adapter(written(tmp_path / "flux.safetensors", FLUX))
    tokens = adapter.tokens(references(), Use())
    one, half = (adapter.placed(tokens, Use(weight=weight)) for weight in (1.0, 0.5))
    image = noise(9, 1, 6, 48).expand(2, -1, -1)
    added: Any = followed(one, 23, image)  # type: ignore[arg-type]
    assert torch.allclose(followed(half, 23, image), added / 2, atol=1e-6)  # type: ignore[arg-type]
    swapped = Rows(conditional=(False, True), latent=(0, 0), heads=2, grid=(2, 3))
    assert torch.equal(followed(one, 23, image, swapped), added.flip(0))  # type: ignore[arg-type]
    assert not torch.allclose(added[0], added[1], atol=1e-3)


def test_a_mask_keeps_the_identity_of_flux_to_its_region(tmp_path: Path):
    adapter = open_adapter(written(tmp_path / "flux.safetensors", FLUX))
    tokens = adapter.tokens(references(), Use())
    masks = torch.zeros(2, 16, 24)
    masks[0, :, :8], masks[1, 8:] = 1, 1
    placed: Any = adapter.placed(tokens, Use(weight=1.0, mask=masks))
    rows = Rows(conditional=(True, True), latent=(0, 1), heads=2, grid=(2, 3))
    touched = followed(placed, 0, noise(9, 2, 6, 48), rows).abs().sum(dim=-1) > 0
    assert touched.tolist() == [[True, False, False, True, False, False], [False, False, False, True, True, True]]


def test_half_precision_weights_stay_so_and_serve_full_precision_pictures(tmp_path: Path):
    save_file({name: tensor.bfloat16() for name, tensor in drawn(FLUX).items()}, tmp_path / "half.safetensors")
    adapter = open_adapter(tmp_path / "half.safetensors")
    placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use(weight=1.0))
    assert {weight.dtype for name, weight in placed.weights.named_parameters() if "to_q" in name} == {torch.bfloat16}
    image = noise(9, 2, 6, 48)
    whole = followed(placed, 0, image)
    placed.weights.to(torch.bfloat16)
    assert whole.dtype == torch.float32
    assert torch.allclose(
        followed(placed, 0, image.bfloat16()).float(), whole, rtol=0.05, atol=0.05 * float(whole.std())
    )


@pytest.mark.parametrize("shapes", [pulid_shapes(FORMER, TEXT), FLUX], ids=["sdxl", "flux"])
def test_weight_zero_changes_nothing(tmp_path: Path, shapes: Shapes):
    adapter = open_adapter(written(tmp_path / "face.safetensors", shapes))
    placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use(weight=0.0))
    if adapter.family == "flux1":
        assert not placed.follows
        return
    text = noise(9, 2, 6, 40)
    assert not placed.numbers
    assert placed.attend(9, noise(8, 2, 6, 40), text, ROWS) is text


def test_several_references_are_read_together_and_not_averaged(tmp_path: Path):
    adapter = open_adapter(written(tmp_path / "face.safetensors", pulid_shapes(FORMER, TEXT)))
    three = references(3)
    together, mean = (adapter.tokens(three, Use(combine=how)) for how in ("concat", "average"))  # type: ignore[arg-type]
    alone = [adapter.tokens(part(three, number), Use()).conditional for number in range(3)]
    assert together.conditional.shape == (1, 6, TEXT)
    assert torch.allclose(mean.conditional, torch.stack(alone).mean(dim=0), atol=1e-6)
    assert not torch.allclose(together.conditional, mean.conditional, atol=1e-2)
    assert torch.equal(together.unconditional, adapter.tokens(references(), Use()).unconditional)


def test_v1_takes_the_face_tokens_of_further_references_as_its_own_app_does(tmp_path: Path):
    adapter = open_adapter(written(tmp_path / "face.safetensors", pulid_shapes(ENCODER, TEXT)))
    three = references(3)
    tokens = adapter.tokens(three, Use())
    alone = [adapter.tokens(part(three, number), Use()) for number in range(3)]
    wanted = torch.cat([alone[0].conditional, *(each.conditional[:, :5] for each in alone[1:])], dim=1)
    assert torch.allclose(tokens.conditional, wanted, atol=1e-6)
    nothing = alone[0].unconditional
    assert torch.allclose(tokens.unconditional, torch.cat([nothing, nothing[:, :5], nothing[:, :5]], dim=1), atol=1e-6)


def part(whole: References, number: int) -> References:
    own = slice(number, number + 1)
    assert whole.faces is not None
    assert whole.pooled is not None
    levels = tuple(level[own] for level in whole.levels)
    return references(faces=whole.faces[own], pooled=whole.pooled[own], levels=levels)


@pytest.mark.parametrize(
    ("kind", "options", "zeros"),
    [("pulid", {}, 8), ("pulid_v1_1", {}, 20), ("pulid", {"method": "style"}, 16), ("pulid", {"zeros": 3}, 3)],
)
def test_each_method_competes_with_its_own_number_of_empty_tokens(kind: str, options: dict[str, Any], zeros: int):
    encoder = ENCODER if kind == "pulid" else FORMER
    adapter = adapter_of(pulid_shapes(encoder, TEXT), kind)
    tokens = Tokens(noise(1, 1, 10, TEXT), noise(2, 1, 10, TEXT))
    ours: Any = adapter.placed(tokens, Use(weight=1.0, options=options))
    empty = torch.zeros(1, zeros, TEXT)
    longer = Tokens(torch.cat((tokens.conditional, empty), dim=1), torch.cat((tokens.unconditional, empty), dim=1))
    wanted: Any = adapter.placed(longer, Use(weight=1.0, options={**options, "zeros": 0}))
    given = noise(8, 2, 6, 40), noise(9, 2, 6, 40), ROWS
    assert torch.allclose(ours.attend(9, *given), wanted.attend(9, *given), atol=1e-6)


def test_weight_types_spread_its_weight_as_they_do_an_ip_adapters():
    adapter = adapter_of(pulid_shapes(FORMER, TEXT), "pulid_v1_1")
    tokens = Tokens(noise(1, 1, 6, TEXT), noise(2, 1, 6, TEXT))
    placed = adapter.placed(tokens, Use(weight=1.0, weight_type="style transfer"))
    assert placed.numbers == set(range(69, 88, 2))


def adapter_of(shapes: Shapes, kind: str) -> pulid.Pulid:
    from trainer.identity.kinds import KINDS

    return pulid.opened(Path("face.safetensors"), KINDS[kind], drawn(shapes))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"faces": None}, "needs the faces"),
        ({"face_model": "buffalo_l"}, "antelopev2.*buffalo_l"),
        ({"faces": torch.nn.functional.normalize(noise(1, 1, FACE), dim=-1)}, "scaled to length 1"),
        ({"faces": torch.full((1, FACE), torch.nan)}, "not numbers"),
        ({"faces": noise(1, 2, FACE)}, "2 faces and 1 pictures"),
        ({"levels": ()}, "EVA02-CLIP-L-14-336.*has 0"),
        ({"pooled": None}, "EVA02-CLIP-L-14-336"),
        ({"levels": tuple(noise(1, 1, 10, 48) for _ in range(5))}, "hidden states of 32 values and was given 48"),
    ],
)
def test_references_of_another_kind_are_refused(tmp_path: Path, changed: dict[str, Any], said: str):
    adapter = open_adapter(written(tmp_path / "face.safetensors", pulid_shapes(FORMER, TEXT)))
    with pytest.raises(ModelError, match=f"^PuLID v1.1 .*{said}"):
        adapter.tokens(references(**changed), Use())


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (Use(combine="subtract"), '"concat" or "average", not "subtract"'),
        (Use(options={"method": "magic"}), 'no method "magic": choose fidelity'),
        (Use(options={"zeros": -1}), "cannot add -1 empty tokens"),
        (Use(weight_type="odd"), "weight type 'odd'"),
        (Use(scaling="K+V"), "has one way to put its weight on, and no 'K+V'"),
    ],
)
def test_a_use_that_is_not_pulids_is_refused(tmp_path: Path, use: Use, said: str):
    adapter = open_adapter(written(tmp_path / "face.safetensors", pulid_shapes(FORMER, TEXT)))
    with pytest.raises(ModelError, match=re.escape(said)):
        adapter.placed(adapter.tokens(references(), use), use)


@pytest.mark.parametrize(
    ("shapes", "changed", "said"),
    [
        (pulid_shapes(FORMER, TEXT), {"id_adapter__proj_out": None}, "lacks proj_out"),
        (
            pulid_shapes(FORMER, TEXT),
            {"id_adapter_attn_layers__31__id_to_v__weight": None},
            "layer 31 has keys or values only",
        ),
        (
            pulid_shapes(FORMER, TEXT),
            {"id_adapter_attn_layers__31__id_to_k__weight": torch.full((40, TEXT), torch.nan)},
            "no numbers",
        ),
        (FLUX, {"pulid_ca__19__norm1__weight": None}, "attention 19,.* lacks norm1.weight"),
        (FLUX, {f"pulid_ca__19__{name}": None for name in attention_shapes()}, "19 attentions where FLUX.1 takes 20"),
        (FLUX, {"pulid_ca__3__to_q__weight": torch.full((128, 48), torch.inf)}, "no numbers"),
    ],
    ids=["no part", "no values", "no numbers", "no norm", "too few", "infinite"],
)
def test_a_damaged_file_is_refused_by_name(
    tmp_path: Path, shapes: Shapes, changed: dict[str, Tensor | None], said: str
):
    path = written(
        tmp_path / "face.safetensors", shapes, **{name.replace(".", "__"): each for name, each in changed.items()}
    )
    with pytest.raises(ModelError, match=f"^face.safetensors.*{said}"):
        adapter = open_adapter(path)
        adapter.placed(adapter.tokens(references(), Use()), Use())


def test_a_file_for_flux_2_is_refused_with_the_reason(tmp_path: Path):
    shapes = {"id_former.latents": (1, 4, 8), "double_ca.0.to_q.weight": (8, 8), "single_ca.0.to_q.weight": (8, 8)}
    with pytest.raises(ModelError, match=r"FLUX\.2.*disputed"):
        open_adapter(written(tmp_path / "face.safetensors", shapes))


@pytest.mark.parametrize(
    "shapes",
    [
        {"image_proj.latents": (1, 4, 8), "ip_adapter.1.to_k_ip.weight": (8, 8)},
        {"double_blocks.0.img_mlp.0.weight": (8, 8)},
    ],
    ids=["an IP-Adapter", "a base"],
)
def test_other_files_are_not_recognised(shapes: Shapes):
    assert not pulid.recognises(shapes)
    assert not pulid_flux.recognises(shapes)


def test_tokens_of_another_adapter_and_layers_of_another_base_are_refused():
    adapter = adapter_of(pulid_shapes(FORMER, TEXT), "pulid_v1_1")
    with pytest.raises(ModelError, match="reads tokens of 64 values and was given 32"):
        adapter.placed(Tokens(noise(1, 1, 6, 32), noise(1, 1, 6, 32)), Use())
    tokens = Tokens(noise(1, 1, 6, TEXT), noise(2, 1, 6, TEXT))
    with pytest.raises(ModelError, match="it is for SDXL"):
        adapter.placed(tokens, Use(), ("down_blocks.0.attentions.0.transformer_blocks.0.attn1",) * 32)
    placed: CrossAttention = adapter.placed(tokens, Use())
    with pytest.raises(ModelError, match="layer 9 is 40 wide and this base's 64"):
        placed.attend(9, noise(1, 2, 6, 64), noise(2, 2, 6, 64), ROWS)


def test_flux_of_another_width_is_refused(tmp_path: Path):
    adapter = open_adapter(written(tmp_path / "flux.safetensors", FLUX))
    placed: Any = adapter.placed(adapter.tokens(references(), Use()), Use())
    with pytest.raises(ModelError, match=r"48 wide and this base 64: it is for FLUX\.1"):
        followed(placed, 0, noise(1, 2, 6, 64))
    with pytest.raises(ModelError, match="only after it"):
        placed.joined(0, noise(1, 2, 6, 64), ROWS)


def test_in_full_size_attentions_have_the_published_files_weights():
    def count(shapes: Shapes) -> int:
        return sum(torch.Size(shape).numel() for shape in shapes.values())

    assert count(attention_shapes()) == pytest.approx(20.98e6, rel=1e-3)
    assert count(pulid_flux_shapes(id_former_shapes())) == pytest.approx(571e6, rel=1e-3)
    layers = {name: shape for name, shape in pulid_shapes({}).items() if "attn_layers" in name}
    assert count(layers) == pytest.approx(341e6, rel=2e-3)
