"""The names and shapes of PuLID's files and of EVA02-CLIP's, in their published sizes unless told otherwise."""

from collections.abc import Iterator

from .drawn import Shapes


def id_encoder_shapes(*, identity: int = 1280, level: int = 1024, width: int = 2048) -> Shapes:
    """`IDEncoder` of v1; its body is as wide as five tokens ask for, 1024 at most."""
    narrow, wide = min(5 * width // 4, 1024), min(5 * width // 2, 1024)
    shapes = _mapping("body", identity, narrow, wide, 5 * width)
    for number in range(5):
        shapes |= _mapping(f"mapping_{number}", level, level, level, width)
        shapes |= _mapping(f"mapping_patch_{number}", level, level, level, width)
    return shapes


def id_former_shapes(
    *,
    identity: int = 1280,
    level: int = 1024,
    width: int = 1024,
    heads: int = 16,
    depth: int = 10,
    queries: int = 32,
    out: int = 2048,
) -> Shapes:
    """`IDFormer` of v1.1 and FLUX."""
    inner = 64 * heads
    shapes: Shapes = {"latents": (1, queries, width), "proj_out": (width, out)}
    for number in range(depth):
        layer = f"layers.{number}"
        shapes |= attention_shapes(f"{layer}.0.", query=width, context=width, inner=inner)
        shapes |= _norm(f"{layer}.1.0", width)
        shapes |= {f"{layer}.1.1.weight": (4 * width, width), f"{layer}.1.3.weight": (width, 4 * width)}
    for number in range(5):
        shapes |= _mapping(f"mapping_{number}", level, level, level, width)
    return shapes | _mapping("id_embedding_mapping", identity, level, level, 5 * width)


def attention_shapes(root: str = "", *, query: int = 3072, context: int = 2048, inner: int = 2048) -> Shapes:
    """`PerceiverAttentionCA` of FLUX, in its published size."""
    shapes = _norm(f"{root}norm1", context) | _norm(f"{root}norm2", query)
    shapes |= {f"{root}to_q.weight": (inner, query), f"{root}to_kv.weight": (2 * inner, context)}
    return shapes | {f"{root}to_out.weight": (query, inner)}


def eva_shapes(
    *, width: int = 1024, inner: int = 2730, depth: int = 24, patch: int = 14, grid: int = 24, out: int = 768
) -> Shapes:
    """`EVAVisionTransformer` of EVA02-CLIP-L-14-336, without the angles of its positions."""
    shapes: Shapes = {"cls_token": (1, 1, width), "pos_embed": (1, 1 + grid * grid, width)}
    shapes |= {"patch_embed.proj.weight": (width, 3, patch, patch), "patch_embed.proj.bias": (width,)}
    for number in range(depth):
        block = f"blocks.{number}"
        shapes |= _norm(f"{block}.norm1", width) | _norm(f"{block}.norm2", width)
        shapes |= {f"{block}.attn.{name}_proj.weight": (width, width) for name in "qkv"}
        shapes |= {f"{block}.attn.{name}_bias": (width,) for name in "qv"}
        shapes |= _norm(f"{block}.attn.inner_attn_ln", width) | _linear(f"{block}.attn.proj", width, width)
        shapes |= _linear(f"{block}.mlp.w1", width, inner) | _linear(f"{block}.mlp.w2", width, inner)
        shapes |= _norm(f"{block}.mlp.ffn_ln", inner) | _linear(f"{block}.mlp.w3", inner, width)
    return shapes | _norm("norm", width) | _linear("head", width, out)


def sdxl_layers(text: int = 2048) -> Iterator[tuple[int, int]]:
    """Number and width of SDXL's cross-attentions; `text` narrower than SDXL's narrows them alike."""
    for number in range(1, 140, 2):
        is_wide = 9 <= number <= 107 or number >= 121
        yield number, (1280 if is_wide else 640) * text // 2048


def pulid_shapes(encoder: Shapes, text: int = 2048, *, is_converted: bool = False) -> Shapes:
    """A file for SDXL, with `encoder` in it, as it was published or as node packs convert it."""
    root = "image_proj" if is_converted else "id_adapter"
    layer = "ip_adapter.{}.to_{}_ip.weight" if is_converted else "id_adapter_attn_layers.{}.id_to_{}.weight"
    shapes = {f"{root}.{name}": shape for name, shape in encoder.items()}
    return shapes | {layer.format(number, kind): (wide, text) for number, wide in sdxl_layers(text) for kind in "kv"}


def pulid_flux_shapes(
    encoder: Shapes, *, query: int = 3072, context: int = 2048, inner: int = 2048, count: int = 20
) -> Shapes:
    shapes = {f"pulid_encoder.{name}": shape for name, shape in encoder.items()}
    for number in range(count):
        shapes |= attention_shapes(f"pulid_ca.{number}.", query=query, context=context, inner=inner)
    return shapes


def _mapping(name: str, *widths: int) -> Shapes:
    shapes: Shapes = {}
    for number, (narrow, wide) in zip((0, 3, 6), zip(widths, widths[1:], strict=False), strict=True):
        shapes |= _linear(f"{name}.{number}", narrow, wide)
        shapes |= _norm(f"{name}.{number + 1}", wide) if number < 6 else {}
    return shapes


def _linear(name: str, narrow: int, wide: int) -> Shapes:
    return {f"{name}.weight": (wide, narrow), f"{name}.bias": (wide,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
