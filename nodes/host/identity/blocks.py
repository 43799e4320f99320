"""An adapter in the blocks of the host's FLUX.1."""

from typing import Any

from torch import Tensor

from ....trainer.identity.adapter import FluxBlocks, Rows
from .added import OpenPatch, part_copies
from .forward import Forward
from .mounted import Mounted, Patch


def mount_blocks(model: Any, mounted: Mounted[FluxBlocks]) -> None:
    """On this MODEL, a copy."""
    flux, placed = model.model.diffusion_model, mounted.placed
    doubles = len(flux.double_blocks)
    place = _Place(doubles, flux.patch_size, flux.num_heads)
    if placed.attends | placed.joins:
        model.set_model_patch(_Asks(mounted, place), "attn1_patch")
    if placed.joins:
        model.set_model_patch(_Joins(mounted, place), "attn1_output_patch")
    slots = model.model_options["transformer_options"].get("patches_replace", {}).get("dit", {})
    for number in sorted(placed.follows):
        kind = ("double_block", number) if number < doubles else ("single_block", number - doubles)
        model.set_model_patch_replace(_Follows(mounted, place, slots.get(kind)), "dit", *kind)
    if placed.follows:
        part_copies(model)


class _Place:
    """Where image tokens are in this FLUX, and what its blocks' numbers are."""

    def __init__(self, doubles: int, patch: int, heads: int) -> None:
        self._doubles, self._patch, self._heads = doubles, patch, heads

    def number(self, options: Any) -> int:
        """Of the block under way, double and single ones counted through."""
        return options["block_index"] + (0 if self.is_double(options) else self._doubles)

    def is_double(self, options: Any) -> bool:
        return options["block_type"] == "double"

    def image(self, options: Any, text: int, total: int) -> slice:
        """Of text and image tokens, the image's own: references' stand behind them."""
        return slice(text, total - sum(options.get("reference_image_num_tokens", ())))

    def asked(self, options: Any) -> slice:
        """Tokens whose query an adapter is given: of a double block the image's, of a single block the text's too."""
        image = self.image(options, *options["img_slice"])
        return image if self.is_double(options) else slice(0, image.stop)

    def rows(self, forward: Forward) -> Rows:
        height, width = (-(-side // self._patch) for side in forward.size)
        return forward.rows(self._heads, (height, width))


class _InFlux(Patch):
    def __init__(self, mounted: Mounted[FluxBlocks], place: _Place, under: Any = None) -> None:
        super().__init__(mounted, under)
        self.place = place

    @property
    def key(self) -> str:
        """Under which a block's query is kept, in what the host gives to that call of that block alone."""
        return f"likeness_identity_{id(self.mounted)}"


class _Asks(_InFlux):
    """Keeps the query of a block, after its norm and before positions."""

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, *, extra_options: Any, **_: Any) -> dict[str, Tensor]:
        placed = self.mounted.placed
        if self.place.number(extra_options) in placed.attends | placed.joins and self.mounted.acts_in(extra_options):
            kept = extra_options.setdefault(self.key, {})
            kept["query"] = q[:, :, self.place.asked(extra_options)]
        return {}


class _Joins(_InFlux):
    """Adds to a block's attention before its output projection."""

    def __call__(self, attention: Tensor, extra_options: Any) -> Tensor:
        number, forward = self.place.number(extra_options), self.mounted.acts_in(extra_options)
        if forward is None or number not in self.mounted.placed.joins:
            return attention
        query = extra_options[self.key]["query"]
        added = self.mounted.placed.joined(number, query, self.place.rows(forward))
        attention[:, self.place.asked(extra_options)] += added.to(attention.dtype)
        return attention


class _Follows(_InFlux, OpenPatch):
    """Adds to the image tokens after a block."""

    def __call__(self, args: Any, extra: Any) -> Any:
        options = args["transformer_options"]
        forward = self.mounted.acts_in(options)
        kept: dict[str, Tensor] = {}
        if forward is not None:
            args = {**args, "transformer_options": {**options, self.key: kept}}
        out = self._block(args, extra)
        image = out["img"]
        text = 0 if self.place.is_double(options) else options["img_slice"][0]
        own = self.place.image(options, text, image.shape[1])
        if forward is not None:
            number, rows = self.place.number(options), self.place.rows(forward)
            followed = self.mounted.placed.followed(number, image[:, own], kept.get("query"), rows)
            image[:, own] += followed.to(image.dtype)
        for added in self.added:
            if added.is_wanted(options):
                image[:, own] += added.callback(image[:, own], **added.without_ends, transformer_options=options)
        return {**out, "img": image}

    def _block(self, args: Any, extra: Any) -> Any:
        return extra["original_block"](args) if self.under is None else self.under(args, extra)
