"""A random Qwen3 small enough for a test, in ComfyUI's file and in diffusers' folder, with a tokenizer of bytes."""

from functools import cache
from pathlib import Path
from typing import Any

from tests.tiny_flux import Shapes

WIDTH, LAYERS, HEADS, KEY_HEADS, HEAD = 16, 28, 2, 1, 8
"""28 layers, as FLUX.2 klein reads the 27th."""
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")


@cache
def tiny_qwen_tokenizer() -> Any:
    """A token a byte, and Qwen's own marks of turns and thoughts."""
    import transformers
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    model: Any = models.BPE({letter: number for number, letter in enumerate(alphabet)}, [])
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in SPECIAL])
    library: Any = transformers
    made = library.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=SPECIAL[0], eos_token=SPECIAL[2])
    made.chat_template = TEMPLATE
    return made


TEMPLATE = (
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"
    "{%- endif %}"
)
"""What Qwen3's own chat template makes of one turn of a user."""


def qwen_rows() -> int:
    return len(tiny_qwen_tokenizer())


def write_qwen_tokenizer(home: Path) -> Path:
    """Where a ComfyUI has its own."""
    tiny_qwen_tokenizer().save_pretrained(home / "comfy" / "text_encoders" / "qwen25_tokenizer")
    return home


def qwen_shapes(width: int = WIDTH, layers: int = LAYERS) -> Shapes:
    """transformers' names, as qwen_3_4b.safetensors has them."""
    shapes: Shapes = {"model.embed_tokens.weight": (qwen_rows(), width), "model.norm.weight": (width,)}
    for number in range(layers):
        layer = f"model.layers.{number}"
        for name, heads in (("q", HEADS), ("k", KEY_HEADS), ("v", KEY_HEADS)):
            shapes[f"{layer}.self_attn.{name}_proj.weight"] = (heads * HEAD, width)
        shapes[f"{layer}.self_attn.o_proj.weight"] = (width, HEADS * HEAD)
        shapes |= {f"{layer}.self_attn.{name}_norm.weight": (HEAD,) for name in "qk"}
        shapes |= {f"{layer}.mlp.{name}_proj.weight": (2 * width, width) for name in ("gate", "up")}
        shapes[f"{layer}.mlp.down_proj.weight"] = (width, 2 * width)
        shapes |= {f"{layer}.{name}_layernorm.weight": (width,) for name in ("input", "post_attention")}
    return shapes


def qwen_settings() -> dict[str, Any]:
    """transformers' settings of the same."""
    return {
        "vocab_size": qwen_rows(),
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_HEADS,
        "head_dim": HEAD,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1e6,
        "max_position_embeddings": 40960,
    }
