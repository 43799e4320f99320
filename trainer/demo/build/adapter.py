"""Trains the demo adapter, an IP-Adapter FaceID in small: layers beside a frozen base that bring a face it is shown."""

# torch and diffusers leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ...families.sd.model import StableDiffusion
from ...identity.adapter import Rows
from ...identity.attention.perceiver import in_heads, out_of_heads
from ...identity.encoders.projections import FaceProjection
from ...identity.files import FAMILY_MARK, KIND_MARK
from ...identity.mount.mount import Placed, mount_identity
from ...identity.mount.unet import cross_attentions
from ...identity.use import Use
from ...storage.tensor_file import write_tensors
from .. import sizes
from ..reader import DemoReader
from ..world.captions import untold_caption
from ..world.identity import VECTOR_SIZE
from .base import denoising_loss, encoded, text_condition, told_sizes
from .course import Course, run_course
from .tokenizer import build_tokenizer
from .world import World, feature_weights

BATCH = 32
TOKENS = 8
_HIDDEN = 256
_CAPTIONS_EACH = 4
_FEATURE_WEIGHT = 3.0
_FACELESS_SHARE = 0.1
_WORDLESS_SHARE = 0.1


class Layer(nn.Module):
    """Keys and values of one cross-attention, (width, 128) each; at first those of its text."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        for name in ("to_k", "to_v"):
            told = getattr(attention, name).weight
            made = nn.Linear(told.shape[1], told.shape[0], bias=False)
            made.load_state_dict({"weight": told})
            self.add_module(f"{name}_ip", made)


class DemoAdapter(nn.Module):
    """An adapter in training, its weights named as files name them, mounted as any adapter is."""

    def __init__(self, attentions: Mapping[int, Any]) -> None:
        super().__init__()
        width = 2 * sizes.TEXT_WIDTH
        self.image_proj = FaceProjection(VECTOR_SIZE, _HIDDEN, TOKENS * width, width)
        self.ip_adapter = nn.ModuleDict({str(number): Layer(attention) for number, attention in attentions.items()})
        self.numbers = frozenset(attentions)
        self._tokens = torch.zeros(1, TOKENS, width)

    def show(self, faces: Tensor) -> None:
        """A face for each row of the batch that comes next, (n, 36)."""
        self._tokens = self.image_proj(faces)

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Rows) -> Tensor:
        """As a mounted file at weight 1, but with keys and values that learn."""
        layer: Any = self.ip_adapter[str(number)]
        sides = (query, layer.to_k_ip(self._tokens), layer.to_v_ip(self._tokens))
        asked, keys, values = (in_heads(each, query.shape[-1] // rows.heads) for each in sides)
        return text + out_of_heads(scaled_dot_product_attention(asked, keys, values))

    @property
    def weights(self) -> nn.Module:
        return self


@dataclass(frozen=True)
class Portraits:
    """What the adapter learns from, two pictures of everybody, one after the other: latents (n, c, 16, 16), loss
    weights (n, 1, 16, 16), token ids (n, k, 77), face embeddings (n, 36), zeros where no face is found."""

    latents: Tensor
    weights: Tensor
    ids: Tensor
    faces: Tensor

    def save(self, path: Path) -> None:
        torch.save((self.latents, self.weights, self.ids, self.faces), path)

    @classmethod
    def load(cls, path: Path) -> "Portraits":
        return cls(*torch.load(path, weights_only=True))


def portraits(world: World, vae: Any, reader: DemoReader, seed: int) -> Portraits:
    """Encode a world of two pictures a person, in the UNet's terms, spell captions that say nothing of who it is, and
    read the faces."""
    rng = np.random.default_rng(seed)
    return Portraits(
        encoded(world, vae) * vae.config.scaling_factor,
        torch.from_numpy(feature_weights(world, 8, _FEATURE_WEIGHT))[:, None],
        torch.tensor(list(_spelled(world, rng)), dtype=torch.int16),
        torch.stack([_face(reader, pixels) for pixels in world.pixels]),
    )


def _spelled(world: World, rng: np.random.Generator) -> Iterator[Any]:
    tokenizer: Any = build_tokenizer()
    for look in world.looks:
        texts = [untold_caption(look, rng) for _ in range(_CAPTIONS_EACH)]
        yield tokenizer(texts, padding="max_length", truncation=True, max_length=sizes.TOKENS).input_ids


def _face(reader: DemoReader, pixels: np.ndarray) -> Tensor:
    found = reader.faces(Image.fromarray(pixels))
    return torch.from_numpy(found[0].embedding).float() if found else torch.zeros(VECTOR_SIZE)


def train_adapter(
    lessons: Portraits,
    family: StableDiffusion,
    seed: int,
    course: Course,
    kept: Path,
    say: Callable[[str], None],
) -> DemoAdapter:
    """Train a new adapter on a frozen base: each picture from its words and the face in the other picture."""
    torch.manual_seed(seed)
    attentions = cross_attentions(family.denoiser)
    model = DemoAdapter({number: attention for number, (_, attention) in attentions.items()})
    optimizer = torch.optim.AdamW(model.parameters(), lr=course.lr, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    mounted = mount_identity(family, Placed(layers=model, use=Use(weight=1.0)))
    try:
        return run_course(model, optimizer, lambda _: _loss(model, lessons, family), course, kept, say)
    finally:
        mounted.remove()


def _loss(model: DemoAdapter, lessons: Portraits, family: StableDiffusion) -> Tensor:
    picked = torch.randint(len(lessons.latents), (BATCH,))
    ids = lessons.ids[picked, torch.randint(lessons.ids.shape[1], (BATCH,))].long()
    wordless, faceless = torch.rand(BATCH), torch.rand(BATCH)
    ids[wordless < _WORDLESS_SHARE, 1:] = int(ids.max())
    keep = (wordless >= _WORDLESS_SHARE / 2).float()
    # Half of the pictures without words are without a face too: guidance leads away from those.
    faceless = torch.where(wordless < _WORDLESS_SHARE, faceless * 2 * _FACELESS_SHARE, faceless)
    faces = lessons.faces[picked ^ 1] * (faceless >= _FACELESS_SHARE)[:, None]
    first, second = family.text.encoders
    with torch.no_grad():
        context, pooled = text_condition(first, second, ids)
    added = {"text_embeds": pooled * keep[:, None], "time_ids": told_sizes(BATCH)}
    model.show(faces)

    def predict(noisy: Tensor, times: Tensor) -> Tensor:
        return family.denoiser(noisy, times, context * keep[:, None, None], added_cond_kwargs=added).sample

    return denoising_loss(predict, lessons.latents[picked], lessons.weights[picked])


def save_adapter(path: Path, model: DemoAdapter) -> None:
    """In fp16, named and marked as what it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: weight.half() for name, weight in model.state_dict().items()}
    write_tensors(path, tensors, {KIND_MARK: "demo", FAMILY_MARK: "sdxl"})
