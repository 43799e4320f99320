"""Identity adapters by name and file, and what is put on the model with them."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from trainer.identity.attention.weights import WEIGHT_TYPES
from trainer.identity.presets import PRESETS
from trainer.storage.tensor_file import write_tensors

from ..fake_host import FakeHost
from .faces import SAGE, WREN, FakeAdapter, face_reader, image, model, pil, saved

Pack = Callable[[str], Any]
FACES = torch.ones(2, 512)


def put(host: FakeHost, folder: str, name: str) -> Path:
    path = host.home / "models" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights of " + name.encode())
    return path


@pytest.fixture
def opened(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> list[FakeAdapter]:
    """Adapters that were opened: a file's name tells what is in it."""
    found: list[FakeAdapter] = []

    def open_adapter(path: Path, kind: str = "") -> FakeAdapter:
        found.append(FakeAdapter(pack, path, kind or "instantid", "flux1" if "flux" in path.name else "sdxl"))
        return found[-1]

    monkeypatch.setattr(pack("trainer.identity.files"), "open_adapter", open_adapter)
    return found


@pytest.fixture
def apply(pack: Pack, monkeypatch: pytest.MonkeyPatch, opened: list[FakeAdapter]) -> Callable[..., Any]:
    def refuse(model: Any, adapter: FakeAdapter) -> None:
        raise pack("trainer.errors").ModelError(f"{adapter.path.name} is for another base")

    host = SimpleNamespace(
        apply_identity=lambda model, adapter, tokens, use: (adapter, tokens, use), refuse_other_family=refuse
    )
    monkeypatch.setitem(sys.modules, f"{pack('nodes').__name__}.host.identity.apply", host)
    node = pack("nodes.use.apply_identity").ApplyIdentity
    return lambda on=None, **given: node.execute(**{"model": on or model(), "weight": 0.6, **given})


def identity(pack: Pack, face_model: str = "antelopev2", **more: Any) -> Any:
    return pack("trainer.identity.identity").Identity(faces=FACES, face_model=face_model, **more)


def test_the_first_installed_one_that_fits_the_model_and_the_faces_is_taken(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any]
) -> None:
    put(fake_host, "ipadapter", "ip-adapter-faceid_sdxl.bin")
    put(fake_host, "instantid", "ip-adapter.bin")
    adapter, tokens, use = apply(identity=identity(pack)).args[0]
    assert adapter.kind.name == "instantid" and use.weight == 0.6
    assert torch.equal(tokens.conditional, FACES[:1, None])
    assert apply(identity=identity(pack, "buffalo_l")).args[0][0].kind.name == "faceid"


def test_what_is_not_installed_is_named_with_its_place_and_terms(pack: Pack, apply: Callable[..., Any]) -> None:
    with pytest.raises(pack("trainer.errors").ModelError) as told:
        apply(identity=identity(pack))
    for part in ("ip-adapter-plus-face_sdxl_vit-h.safetensors of h94/IP-Adapter", "models/ipadapter", "permissive"):
        assert part in str(told.value)
    with pytest.raises(pack("trainer.errors").ModelError, match="No identity adapter is made for models of this kind"):
        apply(on=model("Flux2"), identity=identity(pack))


def test_faces_of_another_model_are_refused_with_the_reader_that_is_needed(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any]
) -> None:
    put(fake_host, "instantid", "ip-adapter.bin")
    with pytest.raises(pack("trainer.errors").ModelError, match=r"antelopev2 tells them.*'insightface antelopev2'"):
        apply(identity=identity(pack, "buffalo_l"), adapter=pack("nodes.use.adapters").chosen("InstantID"))


def test_an_adapter_of_another_family_is_refused_before_pictures_are_read_for_it(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any]
) -> None:
    put(fake_host, "pulid", "pulid_flux_v0.9.1.safetensors")
    adapter = pack("nodes.use.adapters").chosen("PuLID FLUX")
    with pytest.raises(pack("trainer.errors").ModelError, match="is for another base"):
        apply(images=image(SAGE), adapter=adapter)
    assert not adapter.opened(adapter.files[0]).shown


def test_another_weight_asks_the_encoder_for_nothing_again(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any]
) -> None:
    put(fake_host, "ipadapter", "ip-adapter-plus-face_sdxl_vit-h.safetensors")
    clip = FakeClip()
    wired = pack("nodes.use.load_identity_adapter").LoadIdentityAdapter
    adapter = wired.execute("IP-Adapter Plus Face", clip_vision=clip).args[0]
    page = pack("trainer.identity.pictures").FacePicture(name="1", image=pil(image(SAGE)[0]))
    person, other = (pack("trainer.identity.identity").Identity(pictures=(page,)) for _ in range(2))
    for settings in ({"weight": 0.5}, {"weight": 0.7}, {"weight": 0.7, "combine": "average"}):
        apply(identity=person, adapter=adapter, **settings)
    assert clip.seen == 1
    apply(identity=other, adapter=adapter)
    assert clip.seen == 2


def test_what_is_left_out_of_pictures_is_said(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(fake_host, "instantid", "ip-adapter.bin")
    monkeypatch.setattr(pack("nodes.use.references"), "reader_of", face_reader)
    adapter = pack("nodes.use.adapters").chosen("InstantID")
    done = apply(images=image(SAGE, SAGE, SAGE, SAGE, WREN), adapter=adapter)
    assert "Picture 5: left out" in done.ui["warning"][0]


def test_pictures_are_read_by_the_face_model_of_the_adapter(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(fake_host, "instantid", "ip-adapter.bin")
    monkeypatch.setattr(pack("nodes.use.references"), "reader_of", face_reader)
    adapter = pack("nodes.use.adapters").chosen("InstantID")
    done = apply(images=image(SAGE, SAGE), adapter=adapter)
    assert done.args[0][0].shown[0].face_model == "antelopev2"
    assert done.ui["images"] and "non-commercial" in done.args[1]
    with pytest.raises(pack("trainer.errors").FaceError, match=r"Picture 1 shows no face"):
        apply(images=image(None), adapter=adapter)


def test_without_anybody_it_says_so_and_weight_0_changes_nothing(pack: Pack, apply: Callable[..., Any]) -> None:
    with pytest.raises(pack("trainer.errors").ModelError, match="nobody to be like"):
        apply()
    before = model()
    assert apply(on=before, weight=0.0).args[0] is before


def test_both_high_is_warned_of(pack: Pack, fake_host: FakeHost, apply: Callable[..., Any]) -> None:
    put(fake_host, "instantid", "ip-adapter.bin")

    def warned(weight: float, lora: float | None) -> bool:
        return bool(apply(on=model(lora=lora), identity=identity(pack), weight=weight).ui["warning"])

    assert warned(0.9, 0.9) and warned(1.0, 1.0)
    assert not warned(0.8, 1.0) and not warned(0.9, 0.85) and not warned(1.0, None)
    with_faceid = model(lora=1.0)
    own = SimpleNamespace(**{pack("nodes.host.adapter_files").OF_ADAPTER: True})
    with_faceid.patches = {"layer": [(1.0, own, 1.0, None, None)]}
    assert not apply(on=with_faceid, identity=identity(pack), weight=0.9).ui["warning"]


def test_a_saved_identity_needs_no_encoder_for_an_adapter_whose_tokens_it_has(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any]
) -> None:
    file = put(fake_host, "ipadapter", "ip-adapter-plus-face_sdxl_vit-h.safetensors")
    prepare, use = pack("trainer.identity.prepare"), pack("trainer.identity.use").Use()
    key = prepare.token_key(FakeAdapter(pack, file, "ip_adapter_plus_face"), use)
    tokens = pack("trainer.identity.references").Tokens(torch.ones(1, 16, 8), torch.zeros(1, 16, 8))
    place = fake_host.home / "loras" / "sage.identity.safetensors"
    saved(pack, place, tokens={key: tokens}, of="sage_character")
    node = pack("nodes.use.load_identity").LoadIdentity
    loaded, words = node.execute("sage.identity.safetensors").args
    assert "sage_character: no face, pictures alone. Ready for IP-Adapter Plus Face." in words
    adapter, taken, _ = apply(identity=loaded).args[0]
    assert torch.equal(taken.conditional, tokens.conditional) and not adapter.shown
    file.write_bytes(b"another version of it")
    with pytest.raises(pack("trainer.errors").ModelError, match="looks at pictures"):
        apply(identity=loaded)


def test_a_missing_encoder_is_named_with_what_lies_there_instead(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(fake_host, "ipadapter", "ip-adapter-plus-face_sdxl_vit-h.safetensors")
    folder = fake_host.home / "clip"
    folder.mkdir()
    sys.modules["folder_paths"].folder_names_and_paths["clip_vision"] = [folder.as_posix()]
    write_tensors(folder / "big.safetensors", {"vision_model.embeddings.class_embedding": torch.zeros(1664)}, {})
    monkeypatch.setattr(pack("nodes.use.references"), "reader_of", face_reader)
    with pytest.raises(pack("trainer.errors").ModelError) as told:
        apply(images=image(SAGE))
    for part in ("CLIP ViT-H is not here", "models/clip_vision", "MIT", "What is there is CLIP ViT-bigG"):
        assert part in str(told.value)


class FakeClip:
    """CLIP ViT-H of the host, as far as adapters ask it; says a picture's mean."""

    image_size, load_device = 224, "cpu"
    seen = 0

    def get_sd(self) -> dict[str, torch.Tensor]:
        return {
            "vision_model.post_layernorm.weight": torch.zeros(1280),
            "visual_projection.weight": torch.zeros(1024, 1280),
        }

    def encode_image(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        self.seen += 1
        mean = pictures.mean().expand(1, 1024)
        return {"image_embeds": mean, "penultimate_hidden_states": mean.expand(1, 2, 1024)}

    def model(self, pixel_values: torch.Tensor, intermediate_output: int) -> tuple[torch.Tensor, ...]:
        return pixel_values, pixel_values.mean().expand(1, 2, 1024)


def test_a_wired_clip_vision_stands_for_the_file(
    pack: Pack, fake_host: FakeHost, apply: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(fake_host, "ipadapter", "ip-adapter-plus-face_sdxl_vit-h.safetensors")
    monkeypatch.setattr(pack("nodes.use.references"), "reader_of", face_reader)
    node = pack("nodes.use.load_identity_adapter").LoadIdentityAdapter
    wired = node.execute("IP-Adapter Plus Face", clip_vision=FakeClip())
    assert wired.ui["warning"] == ()
    adapter, *_ = apply(images=image(SAGE, SAGE), adapter=wired.args[0]).args[0]
    assert adapter.shown[0].pooled.shape == (2, 1024) and adapter.shown[0].blank.shape == (1, 2, 1024)
    bare = node.execute("IP-Adapter Plus Face")
    assert "CLIP ViT-H is not here" in bare.ui["warning"][0]


def test_a_file_is_listed_by_its_folder_and_told_by_what_is_in_it(
    pack: Pack, fake_host: FakeHost, opened: list[FakeAdapter]
) -> None:
    put(fake_host, "pulid", "mine/any_flux.safetensors")
    node = pack("nodes.use.load_identity_adapter").LoadIdentityAdapter
    options = node.define_schema().inputs[0].options["options"]
    assert options[0] == "auto" and "PuLID v1.1" in options and options[-1] == "pulid/mine/any_flux.safetensors"
    choice, licence = node.execute("pulid/mine/any_flux.safetensors").args
    assert choice.fitting("flux1", identity(pack, of="x")).path.name == "any_flux.safetensors"
    assert licence.startswith("InstantID: non-commercial, because it needs an insightface face model")
    assert node.validate_inputs("pulid/gone.bin") is not True


def test_a_file_that_came_or_changed_is_looked_at_again(pack: Pack, fake_host: FakeHost) -> None:
    asked = pack("nodes.use.load_identity_adapter").LoadIdentityAdapter.fingerprint_inputs
    states = [asked("InstantID"), asked("InstantID")]
    assert states[0] == states[1]
    put(fake_host, "instantid", "ip-adapter.bin")
    states.append(asked("InstantID"))
    put(fake_host, "instantid", "ip-adapter.bin").write_bytes(b"another version of it")
    states.append(asked("InstantID"))
    put(fake_host, "insightface/models/antelopev2", "glintr100.onnx")
    states.append(asked("InstantID"))
    assert len(set(states)) == 4


def test_folders_that_a_pack_registered_stay_as_they_are(pack: Pack, fake_host: FakeHost) -> None:
    paths = sys.modules["folder_paths"].folder_names_and_paths
    paths["ipadapter"] = ["/elsewhere"]
    pack("nodes.host.adapter_files").adapter_folders()
    assert paths["ipadapter"] == ["/elsewhere"]
    assert paths["xlabs_ipadapters"] == [(fake_host.home / "models" / "xlabs" / "ipadapters").as_posix()]


def test_weight_types_are_those_of_the_engine(pack: Pack) -> None:
    assert pack("nodes.use.apply_identity").WEIGHT_TYPES == WEIGHT_TYPES


def test_every_preset_finds_its_own_file_and_no_others() -> None:
    for preset in PRESETS:
        fits = {
            other.kind
            for other in PRESETS
            if other.folder == preset.folder and re.fullmatch(preset.pattern, other.name)
        }
        assert fits == {preset.kind}, preset.name


def test_a_saved_identity_that_is_not_chosen_or_gone_is_said_before_the_queue(pack: Pack, fake_host: FakeHost) -> None:
    module = pack("nodes.use.load_identity")
    node = module.LoadIdentity
    assert "Save one with Read face" in node.validate_inputs(identity=module.NO_IDENTITY)
    assert "There is no saved identity '../x" in node.validate_inputs(identity="../x.identity.safetensors")
    write_tensors(fake_host.home / "loras" / "a.identity.safetensors", {"a.lora_up.weight": torch.zeros(1)}, {})
    assert node.define_schema().inputs[0].options["options"] == ["a.identity.safetensors", module.NO_IDENTITY]
    with pytest.raises(pack("trainer.errors").ModelError, match="is a LoRA, not an identity"):
        node.execute("a.identity.safetensors")
