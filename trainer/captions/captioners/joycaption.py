"""JoyCaption: describes pictures in sentences, word for word the same each time unless asked to vary."""

import gc
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from PIL import Image

from ...dataset.sample import Author
from ...errors import ModelError, RecipeError
from .captioner import RawCaption
from .joy_prompt import SYSTEM, JoyPrompt
from .llava import Llava, Precision, load_llava, out_of_memory, without_cast_notices
from .store import fingerprint


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How words are chosen: temperature 0 takes the likeliest each time; above 0 `seed` and `top_p` draw one."""

    max_new_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1 or self.temperature < 0 or not 0 < self.top_p <= 1:
            raise RecipeError(
                f"{self.max_new_tokens} new tokens at temperature {self.temperature} and top_p {self.top_p} cannot be "
                "drawn; use 512, 0 and 0.9."
            )


@dataclass(kw_only=True)
class JoyCaption:
    """Captions pictures with the model in `folder`: loaded by the first picture, freed by `close` or after `with`.

    `batch` above 1 is faster, but the last bits of bf16 then depend on a picture's neighbours, and rarely a word does.
    """

    folder: Path
    prompt: JoyPrompt = field(default_factory=JoyPrompt)
    decoding: Decoding = field(default_factory=Decoding)
    precision: Precision = "bf16"
    device: str = "cpu"
    batch: int = 1
    name: str = "JoyCaption"
    author: Author = "vlm"

    @property
    def key(self) -> str:
        return self._key

    @cached_property
    def _key(self) -> str:
        weights = [*sorted(self.folder.glob("*.safetensors")), self.folder / "config.json"]
        options = json.dumps([self.prompt.text, asdict(self.decoding), self.precision])
        return f"joycaption {fingerprint(weights)} {options}"

    def caption(self, images: Sequence[Image.Image]) -> list[RawCaption]:
        llava = self._llava
        try:
            return [RawCaption(text) for text in self._generated(llava, images)]
        except torch.OutOfMemoryError as fault:
            if len(images) > 1:
                raise  # fewer at once may fit
            raise ModelError(out_of_memory(self.precision)) from fault

    def close(self) -> None:
        if self.__dict__.pop("_llava", None) is not None:
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def __enter__(self) -> "JoyCaption":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def _llava(self) -> Llava:
        engine: Any = torch
        # transformers 4 draws weights before it reads them.
        with engine.random.fork_rng():
            return load_llava(self.folder, self.precision, self.device)

    def _generated(self, llava: Llava, images: Sequence[Image.Image]) -> list[str]:
        inputs = llava.inputs(images, SYSTEM, self.prompt.text)
        engine: Any = torch
        with torch.inference_mode(), engine.random.fork_rng(), without_cast_notices():
            engine.manual_seed(self.decoding.seed)
            ids = llava.model.generate(**inputs, **self._decoding_options(llava))
        fresh = ids[:, inputs["input_ids"].shape[1] :]
        texts: list[str] = llava.processor.tokenizer.batch_decode(
            fresh, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return [text.strip() for text in texts]

    def _decoding_options(self, llava: Llava) -> dict[str, Any]:
        tokens = llava.processor.tokenizer
        padding = tokens.eos_token_id if tokens.pad_token_id is None else tokens.pad_token_id
        always = {"max_new_tokens": self.decoding.max_new_tokens, "suppress_tokens": None, "pad_token_id": padding}
        if self.decoding.temperature == 0:
            # The model's own defaults draw; what only drawing uses is set back, or transformers warns each time.
            return {**always, "do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        drawn = {
            "do_sample": True,
            "temperature": self.decoding.temperature,
            "top_p": self.decoding.top_p,
            "top_k": None,
        }
        return {**always, **drawn}
