"""What encoders said of the reference pictures, and the tokens that an adapter makes of it."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class References:
    """Of n reference pictures; what the adapter does not ask for is None. On the CPU, fp32.

    `faces` (n, 512): face embeddings as the network of `face_model` gives them, not normalised.
    `pooled` (n, d): CLIP's or SigLIP's projected or pooled output, EVA02-CLIP's head output for PuLID.
    `hidden` (n, t, d): CLIP's last hidden states but one; `blank` (1, t, d): the same of pixels that are 0 after CLIP's
    normalisation, for adapters that read them as nothing.
    `levels`: EVA02-CLIP's five hidden states, each (n, 577, 1024), entering blocks 4, 8, 12, 16, 20.
    """

    faces: Tensor | None = None
    face_model: str = ""
    pooled: Tensor | None = None
    hidden: Tensor | None = None
    blank: Tensor | None = None
    levels: tuple[Tensor, ...] = ()


@dataclass(frozen=True, eq=False)
class Tokens:
    """What attention reads of the references: (m, t, width) for conditional rows, and for the others.

    m is 1, or one for each latent of the batch where every picture has a reference of its own.
    """

    conditional: Tensor
    unconditional: Tensor
