"""The demo base's tokenizer: CLIP's byte-level BPE with just the merges that make each caption word one token."""

import json
from collections import Counter
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..sizes import TOKENS
from ..world.identity import EYE_COLORS, HAIR_COLORS, HAIR_STYLES, MARK_WORDS
from ..world.look import BACKGROUNDS, COLORS, EXPRESSIONS, GARMENTS, SCENES, STYLES, TURNS

_END = "</w>"
_BOS, _EOS = "<|startoftext|>", "<|endoftext|>"


def build_tokenizer() -> Any:
    """Every byte is a token, so any trigger word in any script tokenises; vocabulary under 800."""
    vocab, merges = _vocabulary(_words())
    transformers: Any = import_module("transformers")
    more = {"model_max_length": TOKENS, "pad_token": _EOS}
    if int(transformers.__version__.split(".")[0]) >= 5:
        return transformers.CLIPTokenizerFast(vocab=vocab, merges=merges, **more)
    with TemporaryDirectory() as folder:  # transformers 4 takes files alone
        words, pairs = Path(folder) / "vocab.json", Path(folder) / "merges.txt"
        words.write_text(json.dumps(vocab), encoding="utf-8")
        pairs.write_text("\n".join(["#version: 0.2", *map(" ".join, merges)]), encoding="utf-8")
        return transformers.CLIPTokenizerFast(words.as_posix(), pairs.as_posix(), **more)


def save_tokenizer(folder: Path) -> None:
    """Write it in both of the pipeline's tokenizer folders."""
    for name in ("tokenizer", "tokenizer_2"):
        build_tokenizer().save_pretrained(folder / name)


def _words() -> list[str]:
    tables = [EXPRESSIONS, SCENES, STYLES, TURNS, MARK_WORDS]
    phrases = [text for table in tables for text in table.values()]
    phrases += [*GARMENTS, *COLORS, *BACKGROUNDS, *HAIR_STYLES, *HAIR_COLORS, *EYE_COLORS]
    phrases += ["person", "background", "hair", "eyes", "skin", "head", "pale", "tan", "dark", "_", ",", "character"]
    words = {word for phrase in phrases for word in phrase.replace(",", " , ").split()}
    return sorted(words)


def _vocabulary(words: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """BPE until every word is one token (Sennrich et al. 2016): the commonest pair first, ties in spelling order."""
    letters = _byte_letters()
    tokens = [*letters, *(letter + _END for letter in letters)]
    merges: list[tuple[str, str]] = []
    spelled = [[*word[:-1], word[-1] + _END] for word in words]
    while True:
        pairs = Counter(pair for word in spelled for pair in pairwise(word))
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        tokens.append(best[0] + best[1])
        spelled = [_merge(word, best) for word in spelled]
    tokens += [_BOS, _EOS]
    return {token: index for index, token in enumerate(tokens)}, merges


def _merge(word: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for part in word:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def _byte_letters() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes (`bytes_to_unicode` of the reference encoder)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    rest = [byte for byte in range(256) if byte not in printable]
    codes = {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(rest)}
    return [codes[byte] for byte in range(256)]
