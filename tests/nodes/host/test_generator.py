"""Pictures by the host's sampler: latents of the model's own form, names by content."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

Pack = Callable[[str], Any]


def _patcher(weight: float = 1.0, **objects: Any) -> Any:
    model = torch.nn.Linear(2, 2)
    torch.nn.init.constant_(model.weight, weight)
    torch.nn.init.zeros_(model.bias)
    return SimpleNamespace(
        model=model,
        model_state_dict=model.state_dict,
        patches={},
        backup={},
        hook_backup={},
        model_options={},
        get_model_object=objects.get,
    )


class _Clip:
    layer_idx = None
    tokenizer_options: dict[str, Any] = {}
    use_clip_schedule = False
    apply_hooks_to_conds = None

    def __init__(self, weight: float = 1.0) -> None:
        self.patcher = _patcher(weight)

    def tokenize(self, prompt: str) -> str:
        return prompt

    def encode_from_tokens_scheduled(self, tokens: str) -> Any:
        return [[torch.zeros(1, 77, 4), {"pooled_output": torch.zeros(1, 4)}]]


class _Vae:
    """Remembers what it decodes, as grey pictures of the format's size."""

    def __init__(self, factor: int, weight: float = 1.0) -> None:
        self.factor = factor
        self.patcher = _patcher(weight)
        self.seen: Any = None

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        self.seen = latent
        return torch.zeros(len(latent), latent.shape[-2] * self.factor, latent.shape[-1] * self.factor, 3)


def _drawn(pack: Pack, channels: int, factor: int, width: int, dimensions: int = 2, **how: Any) -> Any:
    form = SimpleNamespace(latent_channels=channels, spacial_downscale_ratio=factor, latent_dimensions=dimensions)
    vae = _Vae(factor)
    generator = pack("nodes.host.generator").HostGenerator(_patcher(latent_format=form), _Clip(), vae, **how)
    shots = [pack("trainer.generate.shot").Shot(prompt="sage", width=width, height=64, seed=seed) for seed in (3, 4)]
    return list(generator.generate(shots)), vae.seen


@pytest.mark.parametrize(("channels", "factor"), [(4, 8), (16, 8), (128, 16), (64, 32)])
def test_an_empty_latent_has_the_models_own_channels_and_factor(pack: Pack, channels: int, factor: int) -> None:
    pictures, latent = _drawn(pack, channels, factor, width=96)
    assert latent.shape == (2, channels, 64 // factor, 96 // factor)
    assert [picture.size for picture in pictures] == [(96, 64)] * 2
    assert latent[0].unique().tolist() == [3] and latent[1].unique().tolist() == [4]


def test_pictures_drawn_alone_are_never_in_a_batch(pack: Pack) -> None:
    pictures, latent = _drawn(pack, 4, 8, width=64, alone=True)
    assert len(pictures) == 2 and latent.shape[0] == 1 and latent.unique().tolist() == [4]


def test_a_model_of_video_gets_one_frame(pack: Pack) -> None:
    _, latent = _drawn(pack, 16, 8, width=64, dimensions=3)
    assert latent.shape == (2, 16, 1, 8, 8)


def test_a_size_that_the_model_cannot_draw_is_refused(pack: Pack) -> None:
    with pytest.raises(pack("trainer.errors").ModelError, match="104 x 64 cannot be drawn; use multiples of 16"):
        _drawn(pack, 128, 16, width=104)


@pytest.mark.parametrize("part", ["model", "clip", "vae"])
def test_another_model_clip_or_vae_has_another_fingerprint(pack: Pack, part: str) -> None:
    generator = pack("nodes.host.generator").HostGenerator

    def named(**weights: float) -> str:
        weights = {"model": 1.0, "clip": 1.0, "vae": 1.0} | weights
        return generator(_patcher(weights["model"]), _Clip(weights["clip"]), _Vae(8, weights["vae"])).fingerprint()

    assert named() == named() != named(**{part: 2.0})


def test_a_clip_that_stops_at_another_layer_and_another_sampler_have_another_fingerprint(pack: Pack) -> None:
    generator, skipping = pack("nodes.host.generator").HostGenerator, _Clip()
    skipping.layer_idx = -2
    parts = [
        generator(_patcher(), _Clip(), _Vae(8)),
        generator(_patcher(), skipping, _Vae(8)),
        generator(_patcher(), _Clip(), _Vae(8), sampling=("dpmpp_2m", "karras")),
    ]
    assert len({part.fingerprint() for part in parts}) == 3


@pytest.fixture
def brought(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put on which MODEL; adapters are opened by name, and put on by their weight."""
    put: list[Any] = []

    def apply_identity(model: Any, adapter: str, tokens: str, use: float) -> Any:
        put.append((model, adapter, use))
        return f"{model} + {adapter} at {use:g}"

    def with_reference(model: Any, conditioning: str, latent: str, use: Any) -> Any:
        return f"{model}, referring", f"{conditioning} + {latent} at {use.strength:g}"

    reference = SimpleNamespace(with_reference=with_reference, ReferenceUse=SimpleNamespace)
    for name, module in {
        "identity.apply": SimpleNamespace(apply_identity=apply_identity),
        "reference": reference,
    }.items():
        monkeypatch.setitem(sys.modules, f"{pack('nodes.host').__name__}.{name}", module)
    files = pack("trainer.generate.identities").IdentityFiles

    def opened(_: Any, identity: Any) -> Any:
        return SimpleNamespace(adapter=identity.adapter.stem, tokens="tokens", use=identity.weight)

    monkeypatch.setattr(files, "opened", opened)
    return put


def test_identities_are_put_on_the_model_once_for_all_shots_that_repeat_them(pack: Pack, brought: list[Any]) -> None:
    attachments, shot = pack("trainer.generate.attachments"), pack("trainer.generate.shot").Shot
    both = pack("nodes.host.brought").Brought()

    def with_weights(*weights: float) -> Any:
        made = [attachments.Identity(adapter=Path("face.bin"), references=(), weight=weight) for weight in weights]
        return shot(prompt="a", attachments=tuple(made))

    assert both.on("model", with_weights(0.6)) == both.on("model", with_weights(0.6)) == "model + face at 0.6"
    assert both.on("model", with_weights(0.6, 0.3)) == "model + face at 0.6 + face at 0.3"
    assert [use for _, _, use in brought] == [0.6, 0.6, 0.3]


def test_another_lora_under_the_same_identity_is_another_model(pack: Pack, brought: list[Any]) -> None:
    attachments, shot = pack("trainer.generate.attachments"), pack("trainer.generate.shot").Shot
    both = pack("nodes.host.brought").Brought()
    face = attachments.Identity(adapter=Path("face.bin"), references=())
    for strength in (0.6, 0.9):
        lora = attachments.Lora(path=Path("sage.safetensors"), strength=strength)
        both.on(f"model with {strength}", shot(prompt="a", attachments=(lora, face)))
    assert [model for model, _, _ in brought] == ["model with 0.6", "model with 0.9"]


def test_references_count_as_strongly_as_each_says_in_both_conditionings(pack: Pack, brought: list[Any]) -> None:
    referred = pack("nodes.host.brought").referred
    model, pair = referred("model", ["positive", "negative"], ["a", "b"], [0.5, 1.0])
    assert pair == ["positive + a at 0.5 + b at 1", "negative + a at 0.5 + b at 1"]
    assert model.startswith("model, referring")
