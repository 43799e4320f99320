import gc
import importlib.util
import json
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.captions.batch import caption_dataset
from trainer.captions.captioners.joy_prompt import SYSTEM, JoyPrompt
from trainer.captions.captioners.joycaption import Decoding, JoyCaption
from trainer.captions.captioners.joycaption_files import find_joycaption, find_joycaptions
from trainer.captions.captioners.llava import Llava, load_llava
from trainer.captions.captioners.store import CaptionStore
from trainer.dataset.dataset import Dataset
from trainer.errors import ModelError, RecipeError

from .tiny_llava import BEGIN, PICTURE, SIDE, write_tiny_llava

SHORT = Decoding(max_new_tokens=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_llava(tmp_path_factory.mktemp("models") / "tiny-joycaption")


@pytest.fixture(scope="module")
def llava(folder: Path) -> Llava:
    return load_llava(folder, "bf16", "cpu")


def pictures(count: int = 3) -> list[Image.Image]:
    draws = (np.random.default_rng(number) for number in range(count))
    return [Image.fromarray(draw.integers(0, 256, (40, 60, 3), dtype=np.uint8)) for draw in draws]


def ids_of(llava: Llava) -> list[int]:
    return llava.inputs(pictures(1), SYSTEM, JoyPrompt().text)["input_ids"][0].tolist()


def test_a_dataset_is_captioned_from_end_to_end(folder: Path, tiny_dataset: Dataset, tmp_path: Path):
    with JoyCaption(folder=folder, decoding=SHORT) as captioner:
        done = caption_dataset(tiny_dataset, captioner, CaptionStore(tmp_path / "store"))
    assert all(sample.author == "vlm" and sample.raw for sample in done.dataset.samples)
    assert len({sample.raw for sample in done.dataset.samples}) > 1


def test_words_depend_on_the_picture_and_on_nothing_else(folder: Path):
    with JoyCaption(folder=folder, decoding=SHORT) as captioner:
        together = captioner.caption(pictures())
        torch.manual_seed(7)
        apart = [captioner.caption([picture])[0] for picture in pictures()]
    assert together == apart and len({said.text for said in together}) == 3
    assert not any("<|" in said.text for said in together)


def test_drawing_words_repeats_with_its_seed_and_leaves_everyone_elses_luck_alone(folder: Path):
    state = torch.get_rng_state()
    with JoyCaption(folder=folder, decoding=Decoding(max_new_tokens=8, temperature=1.0, seed=1)) as captioner:
        first = captioner.caption(pictures())
        assert captioner.caption(pictures()) == first
        captioner.decoding = Decoding(max_new_tokens=8, temperature=1.0, seed=2)
        assert captioner.caption(pictures()) != first
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("precision", ["int8", "nf4"])
@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="needs bitsandbytes")
def test_quantised_words_come_from_quantised_layers_and_vision_stays_whole(
    folder: Path, precision: str, caplog: pytest.LogCaptureFixture
):
    with JoyCaption(folder=folder, precision=precision, decoding=SHORT) as captioner:  # type: ignore[arg-type]
        assert all(said.text for said in captioner.caption(pictures()))
        modules = dict(captioner._llava.model.named_modules())  # pyright: ignore[reportPrivateUsage]
    kinds = {"int8": "Linear8bitLt", "nf4": "Linear4bit"}
    quantised = {name for name, module in modules.items() if type(module).__name__ == kinds[precision]}
    assert len(quantised) == 14 and all("language_model" in name for name in quantised)
    assert "MatMul8bitLt" not in caplog.text


def test_the_conversation_starts_once_and_has_room_for_the_picture(llava: Llava):
    tokens = llava.processor.tokenizer
    ids = ids_of(llava)
    assert ids.count(tokens.convert_tokens_to_ids(BEGIN)) == 1 and ids[0] == tokens.convert_tokens_to_ids(BEGIN)
    assert ids.count(tokens.convert_tokens_to_ids(PICTURE)) == 4


def test_a_template_without_a_start_gets_one(folder: Path):
    llava = load_llava(folder, "bf16", "cpu")
    before = ids_of(llava)
    llava.processor.chat_template = llava.processor.chat_template.replace("{{ bos_token }}", "")
    assert ids_of(llava) == before


def test_pictures_go_in_whole_by_lanczos_and_not_by_the_processors_own_resize(llava: Llava):
    picture = pictures(1)[0]
    small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float32)
    pixels = llava.inputs([picture], SYSTEM, "Describe it.")["pixel_values"]
    assert pixels.dtype == torch.bfloat16
    assert np.abs(pixels[0].float().numpy().transpose(1, 2, 0) - (small / 127.5 - 1)).max() < 0.01


def test_memory_is_freed_at_the_end_even_of_a_failed_run(folder: Path):
    with pytest.raises(RuntimeError, match="stop"), JoyCaption(folder=folder, decoding=SHORT) as captioner:
        captioner.caption(pictures(1))
        model = weakref.ref(captioner._llava.model)  # pyright: ignore[reportPrivateUsage]
        raise RuntimeError("stop")
    gc.collect()
    assert model() is None


def test_the_key_changes_with_model_words_and_precision_but_not_with_the_batch(folder: Path):
    key = JoyCaption(folder=folder).key
    assert JoyCaption(folder=folder, batch=4, device="cuda").key == key
    others = (
        JoyCaption(folder=folder, precision="nf4"),
        JoyCaption(folder=folder, decoding=SHORT),
        JoyCaption(folder=folder, prompt=JoyPrompt(person="sage")),
        JoyCaption(folder=folder.parent),
    )
    assert len({key, *(other.key for other in others)}) == 5


def copied(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target))


def test_missing_weights_are_refused_and_not_made_up(folder: Path, tmp_path: Path):
    from safetensors.torch import load_file, save_file

    broken = copied(folder, tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    del weights["multi_modal_projector.linear_1.weight"]
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="lacks 1 weights .*linear_1.weight.*download the model again"):
        load_llava(broken, "bf16", "cpu")


def test_a_folder_without_weights_is_named(folder: Path, tmp_path: Path):
    broken = copied(folder, tmp_path / "broken")
    (broken / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="broken cannot be loaded .*download all of its files again"):
        load_llava(broken, "bf16", "cpu")


def test_a_template_without_a_picture_is_refused(folder: Path):
    llava = load_llava(folder, "bf16", "cpu")
    llava.processor.chat_template = "{{ messages[1].content }}"
    with pytest.raises(ModelError, match="no place for a picture"):
        ids_of(llava)


def test_quantising_without_bitsandbytes_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="nf4 needs bitsandbytes: run .*pip install bitsandbytes`, or choose bf16"):
        load_llava(folder, "nf4", "cpu")


def test_a_torchvision_of_another_torch_is_one_readable_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch):
    import transformers

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(transformers.LlavaForConditionalGeneration, "from_pretrained", broken)
    with pytest.raises(ModelError, match="torchvision does not belong to this torch .*pair of one release"):
        load_llava(folder, "bf16", "cpu")


def test_a_full_gpu_names_the_setting_that_helps(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with JoyCaption(folder=folder) as captioner:
        monkeypatch.setattr(captioner._llava.model, "generate", full)  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(ModelError, match="does not fit .* in bf16; choose int8 or nf4"):
            captioner.caption(pictures(1))
        with pytest.raises(torch.OutOfMemoryError):
            captioner.caption(pictures(2))


def test_words_that_cannot_be_drawn_are_refused():
    with pytest.raises(RecipeError, match="temperature -1"):
        Decoding(temperature=-1)


def test_models_are_found_in_folders_and_beside_others(folder: Path, tmp_path: Path):
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "config.json").write_text(json.dumps({"model_type": "clip"}))
    copied(folder, tmp_path / "joy")
    assert find_joycaptions([tmp_path, folder, tmp_path / "nowhere"]) == (tmp_path / "joy", folder)
    assert find_joycaption("joy", [tmp_path]) == tmp_path / "joy"


def test_a_missing_model_is_named_with_where_to_get_it_and_its_licence(tmp_path: Path):
    with pytest.raises(ModelError) as caught:
        find_joycaption("llama-joycaption-beta-one-hf-llava", [tmp_path])
    for words in ("fancyfeast/llama-joycaption-beta-one-hf-llava on Hugging Face", "17 GB", "Llama 3.1", str(tmp_path)):
        assert words in str(caught.value)
