"""IP-Adapter for SD 1.5 and SDXL, of every kind that has been published for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from ...errors import ModelError
from ..attention.cross import SideAttention
from ..attention.numbers import layers_or_usual
from ..attention.weights import layer_weights
from ..encoders.filled import under
from ..encoders.projections import FacePlusProjection, ImageProjection, Projection, projection_of, tokens_of
from ..kinds import AdapterFamily, AdapterKind
from ..references import References, Tokens
from ..seen import combined, seen_faces, seen_images
from ..use import Combine, Use

FAMILIES: Mapping[int, AdapterFamily] = {768: "sd15", 2048: "sdxl"}
"""By the width of the text that their layers read."""
_KEYS, _VALUES = "to_k_ip.weight", "to_v_ip.weight"
_LAYER = re.compile(r"ip_adapter\.(\d{1,4})\.to_k_ip\.weight")
_LORA = re.compile(r"ip_adapter\.(\d{1,4})\.to_(q|k|v|out)_lora\.down\.weight")
_SEEN = ("image_proj.proj_in.weight", "image_proj.perceiver_resampler.proj_in.weight")
_KOLORS = 1024
"""Width of the image encoder that Kolors' adapters read; they are SDXL's in all else."""
_MOST_NUMBERS = 1000
_BIGG = 1280
_PORTRAIT = 16
"""Tokens of Portrait; FaceID has 4."""


def recognises(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The kind by the projection's tensors; "" for a file without one, or without layers for a UNet."""
    if not any(_LAYER.fullmatch(name) for name in shapes):
        return ""
    found = {
        name.removeprefix("image_proj."): shape for name, shape in shapes.items() if name.startswith("image_proj.")
    }
    if "proj.weight" in found:
        return "ip_adapter_bigg" if found["proj.weight"][-1] == _BIGG else "ip_adapter"
    if "proj.3.weight" in found:
        return "ip_adapter_full_face"
    if "perceiver_resampler.proj_in.weight" in found:
        # The first FaceID Plus was never published for SDXL.
        return "faceid_plus_v2" if FAMILIES.get(found["norm.weight"][0]) == "sdxl" else "faceid_plus"
    if "proj.2.weight" in found and "norm.weight" in found:
        tokens = found["proj.2.weight"][0] // found["norm.weight"][0]
        return "faceid_portrait" if tokens >= _PORTRAIT else "faceid"
    return "ip_adapter_plus" if "latents" in found else ""


def opened(path: Path, kind: AdapterKind, tensors: Mapping[str, Tensor]) -> "IpAdapter":
    """ModelError where its layers are of no base that it can be for."""
    names = [name for name in tensors if _LAYER.fullmatch(name)]
    if not names:
        raise ModelError(f"{path.name} has no layers for a UNet. Get the file again.")
    width = int(tensors[min(names)].shape[-1])
    # Of a width that no base has the kind tells, if it is for one alone: the demo's base, and small ones in tests.
    family = FAMILIES.get(width) or (kind.families[0] if len(kind.families) == 1 else "")
    if family == "" or family not in kind.families:
        raise ModelError(
            f"{path.name} is for a base whose text is {width} wide; {kind.title} is used here with "
            f"{' and '.join(f'{name} ({size} wide)' for size, name in FAMILIES.items() if name in kind.families)}."
        )
    seen = next((tensors[name].shape[-1] for name in _SEEN if name in tensors), 0)
    if kind.images == "clip_vit_h" and seen == _KOLORS:
        raise ModelError(
            f"{path.name} is for Kolors, whose image encoder is {_KOLORS} wide; that base has no trainer here. Choose "
            "the file of the same adapter for SDXL."
        )
    return IpAdapter(kind, family, path, tensors)


@dataclass(frozen=True, eq=False)
class IpAdapter:
    """Its projection makes tokens, and keys and values of them for every cross-attention."""

    kind: AdapterKind
    family: AdapterFamily
    path: Path
    tensors: Mapping[str, Tensor]

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """Of the cross-attentions that it has keys and values for; ModelError where there are but one of both."""
        numbers = sorted(int(found[1]) for name in self.tensors if (found := _LAYER.fullmatch(name)))
        wrong = [n for n in numbers if n > _MOST_NUMBERS or f"ip_adapter.{n}.{_VALUES}" not in self.tensors]
        if wrong:
            raise ModelError(f"{self.path.name} is damaged: its layer {wrong[0]} is not whole. Get the file again.")
        return tuple(numbers)

    def tokens(self, references: References, use: Use) -> Tokens:
        """fp32, on the CPU. `use.options["each"]`: every latent of a batch has the reference of its place."""
        with torch.no_grad():
            own, others = self._both_sides(references, use)
        if use.options.get("each"):
            return Tokens(own, others)
        return Tokens(own.flatten(0, 1).unsqueeze(0), others.repeat(1, len(own), 1))

    def placed(self, tokens: Tokens, use: Use, layers: Sequence[str] = ()) -> SideAttention:
        """ModelError for a weight type that is not known, and for a base with fewer layers than the file."""
        named = self._named(layers)
        weights = layer_weights(use.weight_type, use.weight, named, self.family)
        weights = {number: at for number, at in weights.items() if number in self.numbers}
        with torch.no_grad():
            return SideAttention(tokens, self._weights, weights, use, self.path.name)

    def weight_patches(self, layers: Sequence[str] = ()) -> Mapping[str, tuple[Tensor, Tensor]]:
        """FaceID's LoRA of all attentions, self-attention too, which its reference runs always and at scale 1."""
        named, patches = self._named(layers), dict[str, tuple[Tensor, Tensor]]()
        for name in self.tensors:
            if found := _LORA.fullmatch(name):
                up = name.replace(".down.", ".up.")
                pair = (self.tensors[name], self.tensors[up]) if up in self.tensors else ()
                if not pair or int(found[1]) >= len(named) or pair[0].shape[0] != pair[1].shape[-1]:
                    raise ModelError(f"{self.path.name} is damaged: its LoRA {name} is not whole. Get the file again.")
                weight = f"{named[int(found[1])]}.to_{found[2]}{'.0' if found[2] == 'out' else ''}.weight"
                patches[weight] = pair
        return patches

    def _weights(self, number: int) -> tuple[Tensor, Tensor]:
        keys, values = (self.tensors[f"ip_adapter.{number}.{name}"] for name in (_KEYS, _VALUES))
        if keys.ndim != 2 or keys.shape != values.shape:
            raise ModelError(f"{self.path.name} is damaged: its layer {number} is not whole. Get the file again.")
        return keys, values

    def _named(self, layers: Sequence[str]) -> tuple[str, ...]:
        named = layers_or_usual(layers, self.family)
        if self.numbers[-1] >= len(named):
            raise ModelError(
                f"{self.path.name} has an attention {self.numbers[-1]}, the base only {len(named)}: it is for another "
                "kind of base. Choose an adapter for this one."
            )
        return named

    def _both_sides(self, references: References, use: Use) -> tuple[Tensor, Tensor]:
        """Tokens of each reference (n, t, width) and of nothing (1, t, width).

        Nothing is an embedding of zeros, and where CLIP's hidden states are read, those of pixels of zeros.
        """
        faces = images = no_face = no_image = None
        # Made anew each time and let go: of FaceID Plus for SDXL it has 200 million weights.
        projection = projection_of(under(self.tensors, "image_proj."), self.path.name)
        if self.kind.face_model:
            faces = combined(seen_faces(self.kind, references, projection.features), use.combine)
            no_face = torch.zeros_like(faces[:1])
        if self.kind.images:
            images, no_image = self._images(projection, references, use.combine)
        if faces is not None and images is not None and len(faces) != len(images):
            raise ModelError(
                f"{self.kind.title} reads each face together with its picture; there are {len(faces)} faces and "
                f"{len(images)} pictures. Give one picture a face."
            )
        shortcut = use.shortcut if self.kind.name == "faceid_plus_v2" else None
        return tokens_of(projection, faces, images, shortcut), tokens_of(projection, no_face, no_image, shortcut)

    def _images(self, projection: Projection, references: References, how: Combine) -> tuple[Tensor, Tensor]:
        """What CLIP said of the references, and of nothing."""
        if isinstance(projection, ImageProjection):
            images = combined(seen_images(self.kind, references.pooled, projection.features), how)
            return images, torch.zeros_like(images[:1])
        is_plus = isinstance(projection, FacePlusProjection)
        width = projection.perceiver_resampler.features if is_plus else projection.features
        images = combined(seen_images(self.kind, references.hidden, width), how)
        return images, seen_images(self.kind, references.blank, width)
