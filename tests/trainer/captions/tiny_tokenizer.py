"""CLIP's tokenizer in its real layout, with the few merges that `sage` and `character` need."""

import json
from pathlib import Path

_WORDS = ("sage", "character")


def write_tiny_clip_tokenizer(folder: Path) -> Path:
    """Write vocab.json, merges.txt and tokenizer_config.json."""
    folder.mkdir(parents=True)
    letters = "abcdefghijklmnopqrstuvwxyz_,"
    pieces = [*letters, *(f"{letter}</w>" for letter in letters)]
    merges: list[tuple[str, str]] = []
    for word in _WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            merges += [pair] if pair not in merges else []
            parts = ["".join(pair), *parts[2:]]
    vocab = dict.fromkeys([*pieces, *("".join(pair) for pair in merges), "<|startoftext|>", "<|endoftext|>"])
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(vocab)}))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")
    config = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer", **config}))
    return folder
