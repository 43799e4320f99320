"""A Llava of random weights in JoyCaption's layout: SigLIP vision, Llama words, its own processor and chat template."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

SIDE, PATCH = 28, 14
BEGIN, END, PICTURE = "<|begin_of_text|>", "<|eot_id|>", "<|reserved_special_token_69|>"
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<|start_header_id|>{{ message.role }}<|end_header_id|> "
    "{% if message.role == 'user' %}<|reserved_special_token_70|>"
    + PICTURE
    + "<|reserved_special_token_71|>{% endif %}"
    "{{ message.content }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|> {% endif %}"
)
_SPECIAL = (
    BEGIN,
    "<|end_of_text|>",
    END,
    "<|start_header_id|>",
    "<|end_header_id|>",
    PICTURE,
    "<|reserved_special_token_70|>",
    "<|reserved_special_token_71|>",
)
_WORDS = ("a", "person", "smiles", "in", "the", "rain", "wearing", "red", "coat", "indoors", "with", "soft", "light")


def write_tiny_llava(folder: Path, *, seed: int = 0) -> Path:
    """Save model, processor and tokenizer to `folder`; the tokenizer puts its start token first, as Llama's does."""
    import transformers

    library: Any = transformers
    tokenizer = _tokenizer(library)
    processor = library.LlavaProcessor(
        image_processor=_image_processor(library),
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="full",
        image_token=PICTURE,
        chat_template=TEMPLATE,
    )
    config = library.LlavaConfig(
        vision_config=_vision(library),
        text_config=_text(library, len(tokenizer)),
        image_token_index=tokenizer.convert_tokens_to_ids(PICTURE),
        image_seq_length=(SIDE // PATCH) ** 2,
        projector_hidden_act="gelu",
        vision_feature_select_strategy="full",
        vision_feature_layer=-2,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = library.LlavaForConditionalGeneration(config).to(torch.bfloat16)
    # As the real one ships: drawing by default.
    model.generation_config.update(do_sample=True, temperature=0.6, top_p=0.9)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    _name_as_published(folder / "model.safetensors")
    processor.save_pretrained(folder)
    return folder


def _name_as_published(path: Path) -> None:
    """The published file was saved by transformers 4, which has one more level in the vision tower's names."""
    plain = {
        name.replace("vision_tower.vision_model.", "vision_tower."): value for name, value in load_file(path).items()
    }
    old = {name.replace("vision_tower.", "vision_tower.vision_model."): value for name, value in plain.items()}
    save_file(old, path, metadata={"format": "pt"})


def _image_processor(library: Any) -> Any:
    # Without torchvision: transformers 4 has one under the plain name, 5 only under this one.
    kind = getattr(library, "SiglipImageProcessorPil", library.SiglipImageProcessor)
    half = [0.5, 0.5, 0.5]
    return kind(size={"height": SIDE, "width": SIDE}, image_mean=half, image_std=half)


def _tokenizer(library: Any) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: place for place, word in enumerate([*_SPECIAL, "[UNK]", *_WORDS])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", pair=None, special_tokens=[(BEGIN, vocabulary[BEGIN])]
    )
    return library.PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=BEGIN,
        eos_token=END,
        unk_token="[UNK]",
        additional_special_tokens=_SPECIAL[1:],
        model_input_names=["input_ids", "attention_mask"],
    )


def _vision(library: Any) -> Any:
    return library.SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=SIDE,
        patch_size=PATCH,
        initializer_range=0.5,
    )


def _text(library: Any, words: int) -> Any:
    return library.LlamaConfig(
        vocab_size=words,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=0,
        eos_token_id=2,
        initializer_range=0.5,
    )
