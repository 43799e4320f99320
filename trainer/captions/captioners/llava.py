"""A Llava model from a folder: its weights in full or quantised, and the way pictures and words go in."""

import importlib.util
import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image

from ...errors import ModelError, pip_install

Precision = Literal["bf16", "int8", "nf4"]

# SigLIP's pooling attention breaks when quantised, and the last layer costs little and decides every word. Both ways of
# naming: transformers 4 keeps these modules at the top, transformers 5 below `model`.
_IN_FULL = ["vision_tower", "multi_modal_projector", "model.vision_tower", "model.multi_modal_projector", "lm_head"]


@dataclass(frozen=True, kw_only=True)
class Llava:
    """`size` is (width, height) of the pictures it looks at."""

    model: Any
    processor: Any
    size: tuple[int, int]

    def inputs(self, images: Sequence[Image.Image], system: str, request: str) -> Any:
        """Token ids, mask and pixels of one conversation a picture, on the model's device."""
        chat = [{"role": "system", "content": system}, {"role": "user", "content": request}]
        text = self._chat_text(chat)
        # A template may begin with the start token that the tokenizer adds too; two of them spoil the captions.
        begun = bool(self.processor.tokenizer.bos_token) and text.startswith(self.processor.tokenizer.bos_token)
        squeezed = [image.convert("RGB").resize(self.size, Image.Resampling.LANCZOS) for image in images]
        inputs = self.processor(
            text=[text] * len(squeezed), images=squeezed, return_tensors="pt", add_special_tokens=not begun
        )
        inputs["pixel_values"] = inputs["pixel_values"].to(torch.bfloat16)
        return inputs.to(self.model.device)

    def _chat_text(self, chat: list[dict[str, str]]) -> str:
        owner = self.processor if getattr(self.processor, "chat_template", None) else self.processor.tokenizer
        text: str = owner.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        if text.count(self.processor.image_token) != 1:
            raise ModelError("The model's chat template has no place for a picture; download the model again.")
        return text


def load_llava(folder: Path, precision: Precision, device: str) -> Llava:
    """Load from `folder` alone, safetensors only. Raises ModelError naming what is missing and how to get it."""
    if precision != "bf16" and importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(f"{precision} needs bitsandbytes: run {pip_install('bitsandbytes')}, or choose bf16.")
    try:
        processor, model, missing = _opened(folder, precision, device)
    except torch.OutOfMemoryError as fault:
        raise ModelError(out_of_memory(precision)) from fault
    except Exception as fault:  # transformers raises anything from OSError to KeyError on a broken folder
        raise ModelError(_unloadable(folder, fault)) from fault
    if missing:
        raise ModelError(f"{folder} lacks {len(missing)} weights ({missing[0]}, …); download the model again.")
    size = processor.image_processor.size
    return Llava(model=model.eval(), processor=processor, size=(size["width"], size["height"]))


@contextmanager
def without_cast_notices() -> Generator[None]:
    """Within the block bitsandbytes does not say, layer by layer and word by word, that int8 computes in float16."""
    log = logging.getLogger("bitsandbytes.autograd._functions")
    log.addFilter(_is_no_cast)
    try:
        yield
    finally:
        log.removeFilter(_is_no_cast)


def _is_no_cast(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("MatMul8bitLt")


def out_of_memory(precision: Precision) -> str:
    smaller = {"bf16": "choose int8 or nf4", "int8": "choose nf4", "nf4": "close what else uses the GPU"}
    return f"The captioner does not fit into the GPU's memory in {precision}; {smaller[precision]}."


def _opened(folder: Path, precision: Precision, device: str) -> tuple[Any, Any, list[str]]:
    import transformers

    library: Any = transformers
    processor = library.AutoProcessor.from_pretrained(folder, local_files_only=True)
    options: dict[str, Any] = {"quantization_config": _quantised(library, precision)} if precision != "bf16" else {}
    dtype = "dtype" if tuple(map(int, library.__version__.split(".")[:2])) >= (4, 56) else "torch_dtype"
    model, report = library.LlavaForConditionalGeneration.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
        device_map={"": device},
        **{dtype: torch.bfloat16},
        **options,
    )
    return processor, model, sorted(report["missing_keys"])


def _quantised(library: Any, precision: Precision) -> Any:
    if precision == "int8":
        return library.BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=_IN_FULL)
    return library.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_use_double_quant=True,
        llm_int8_skip_modules=_IN_FULL,
    )


def _unloadable(folder: Path, fault: Exception) -> str:
    if "torchvision" in str(fault):
        return f"The installed torchvision does not belong to this torch ({fault}); install the pair of one release."
    return f"The captioner in {folder} cannot be loaded ({fault}); download all of its files again."
