"""PuLID v1's encoder: five tokens of the face's embedding, and one of each hidden state of the picture."""

import torch
from torch import Tensor, nn

from .filled import Shapes

LEVELS = 5
"""Hidden states of EVA02-CLIP that PuLID reads."""


def mapping(shapes: Shapes, name: str) -> nn.Sequential:
    """Linear, LayerNorm and LeakyReLU twice, then Linear: as wide as the file's weights under `name` are."""
    first, middle, last = (shapes[f"{name}.{number}.weight"] for number in (0, 3, 6))
    return nn.Sequential(
        nn.Linear(first[1], first[0]),
        nn.LayerNorm(first[0]),
        nn.LeakyReLU(),
        nn.Linear(first[0], middle[0]),
        nn.LayerNorm(middle[0]),
        nn.LeakyReLU(),
        nn.Linear(middle[0], last[0]),
    )


class IDEncoder(nn.Module):
    """The network of `pulid/encoders.py` of ToTheBeginning/PuLID (Guo et al. 2024, arXiv 2404.16022)."""

    def __init__(self, shapes: Shapes) -> None:
        """`reads` tells how wide embeddings and hidden states are."""
        super().__init__()
        self.reads = shapes["body.0.weight"][1], shapes["mapping_0.0.weight"][1]
        self.width = shapes["mapping_0.6.weight"][0]
        self.body = mapping(shapes, "body")
        for level in range(LEVELS):
            self.add_module(f"mapping_{level}", mapping(shapes, f"mapping_{level}"))
            self.add_module(f"mapping_patch_{level}", mapping(shapes, f"mapping_patch_{level}"))

    def forward(self, identity: Tensor, levels: tuple[Tensor, ...]) -> Tensor:
        """Embeddings (b, 1280), five hidden states (b, 577, 1024) with the class token first: tokens (b, 10, width)."""
        tokens = [self.body(identity).reshape(len(identity), -1, self.width)]
        for number, level in enumerate(levels):
            whole = self.get_submodule(f"mapping_{number}")(level[:, :1])
            patches = self.get_submodule(f"mapping_patch_{number}")(level[:, 1:])
            tokens.append(whole + patches.mean(dim=1, keepdim=True))
        return torch.cat(tokens, dim=1)
