"""PuLID v1.1's and PuLID-FLUX' encoder: a perceiver that reads any number of reference pictures together."""

import torch
from torch import Tensor, nn

from .filled import Shapes
from .id_encoder import LEVELS, mapping
from .resampler import PerceiverAttention


class IDFormer(nn.Module):
    """The network of `pulid/encoders_transformer.py` of ToTheBeginning/PuLID.

    Each face's embedding becomes a few tokens. They stand among the latents, and before every hidden state of the
    pictures; the layers share the hidden states out evenly, two layers each in the published files.
    """

    latents: nn.Parameter
    proj_out: nn.Parameter

    def __init__(self, shapes: Shapes) -> None:
        """`reads` tells how wide embeddings and hidden states are."""
        super().__init__()
        self.reads = shapes["id_embedding_mapping.0.weight"][1], shapes["mapping_0.0.weight"][1]
        _, queries, width = shapes["latents"]
        self.latents = nn.Parameter(torch.empty(1, queries, width))
        self.proj_out = nn.Parameter(torch.empty(width, shapes["proj_out"][1]))
        self.layers = nn.ModuleList([_layer(shapes, number, width) for number in range(_depth(shapes))])
        for level in range(LEVELS):
            self.add_module(f"mapping_{level}", mapping(shapes, f"mapping_{level}"))
        self.id_embedding_mapping = mapping(shapes, "id_embedding_mapping")

    def forward(self, identity: Tensor, levels: tuple[Tensor, ...]) -> Tensor:
        """(b, n, 1280) of n references, five hidden states (b, n x 577, 1024): tokens (b, 32, 2048)."""
        count, width = self.latents.shape[1:]
        faces = self.id_embedding_mapping(identity).reshape(len(identity), -1, width)
        latents = torch.cat((self.latents.expand(len(faces), -1, -1), faces), dim=1)
        turns = len(self.layers) // LEVELS
        for number, level in enumerate(levels):
            context = torch.cat((faces, self.get_submodule(f"mapping_{number}")(level)), dim=1)
            for layer in self.layers[number * turns : (number + 1) * turns]:
                attention, feed = layer.children()
                latents = latents + attention(context, latents)
                latents = latents + feed(latents)
        return latents[:, :count] @ self.proj_out


def _depth(shapes: Shapes) -> int:
    layers = {name.split(".")[1] for name in shapes if name.startswith("layers.")}
    return max(LEVELS, len(layers))


def _layer(shapes: Shapes, number: int, width: int) -> nn.ModuleList:
    inner = shapes[f"layers.{number}.0.to_q.weight"][0]
    wide = shapes[f"layers.{number}.1.1.weight"][0]
    feed = nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, wide, bias=False), nn.GELU(), nn.Linear(wide, width, bias=False)
    )
    return nn.ModuleList([PerceiverAttention(width, inner), feed])
