"""Captions as bytes: UTF-8, UTF-16, cp1252, Shift-JIS and their rivals, read where they can be told apart."""

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED = ["cp1252", "cp932", "gb18030", "big5", "euc_kr", "euc_jp", "cp1251", "utf_16_le", "utf_16_be"]
_NAMES = {"cp932": "Shift-JIS", "utf_16_le": "UTF-16", "utf_16_be": "UTF-16", "utf-16": "UTF-16", "utf-32": "UTF-32"}
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_KANA_OR_ASCII = re.compile("[ぁ-ゖァ-ヺ ,、。，]")
_LETTERS = re.compile(rb"[A-Za-z ,.]")
_MIXED = re.compile("[a-z][^\x00-ɏ‐-…]|[^\x00-ɏ‐-…][a-z]", re.IGNORECASE)
"""A Latin letter and one of another script in one word."""
_WESTERN = re.compile("[\x09-\x7eÀ-ÖØ-öø-ÿŒœŠšŽžŸ‘’“”–—… °½×•€™®©´«»·]*")
_MARGIN = 0.04
"""Of charset-normalizer's mess: readings closer to one another cannot be told apart."""


@dataclass(frozen=True)
class CaptionText:
    """A caption, and in words what its file was where that is not plain UTF-8."""

    text: str
    kind: str = ""


def decode_caption(data: bytes) -> CaptionText | None:
    """The text of a caption file; None when several encodings would give different texts, or none any.

    There is no NUL in the text, whatever the file holds.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data, encoding, "" if encoding == "utf-8-sig" else _named(encoding))
    if (wide := _wide(data)) is not None:
        return _strict(data, wide, _named(wide))
    plain = data.replace(b"\0", b"")
    kind = "" if plain == data else "text with NUL bytes, which are left out"
    return _strict(plain, "utf-8", kind) or _guessed(plain)


def _strict(data: bytes, encoding: str, kind: str) -> CaptionText | None:
    try:
        text = data.decode(encoding)
    except UnicodeError:
        return None
    return CaptionText(text.replace("\0", ""), kind)


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark, told by the NULs of its Latin letters: all in even places, or all in odd ones."""
    zeros = [place % 2 for place, byte in enumerate(data) if byte == 0]
    if len(data) % 2 or len(zeros) * 8 < len(data):
        return None
    odd = sum(zeros) / len(zeros) if zeros else 0.5
    return "utf_16_le" if odd > 0.9 else "utf_16_be" if odd < 0.1 else None


def _guessed(data: bytes) -> CaptionText | None:
    from charset_normalizer import from_bytes

    latin = len(_LETTERS.findall(data)) / max(len(data), 1)
    matches = from_bytes(data, cp_isolation=_GUESSED)
    # Of encodings that give one text it names one.
    found = [(match.chaos, "cp1252" if _is(data, str(match)) else match.encoding, str(match)) for match in matches]
    found = [row for row in found if _is_plausible(row[1], row[2], latin)]
    sure = [row for row in found if row[1] == "cp932" or (row[1] == "cp1252" and latin > 0.75)] or found
    best = min(sure, default=None)
    if best is None or any(row[2] != best[2] and row[0] - best[0] < _MARGIN for row in sure):
        return None
    return CaptionText(best[2].replace("\0", ""), _named(best[1]))


def _is(data: bytes, text: str) -> bool:
    return data.decode("cp1252", "replace") == text


def _is_plausible(encoding: str, text: str, latin: float) -> bool:
    """Whether people write such text; `latin` is the share of bytes that are Latin letters."""
    if encoding.startswith("utf_16"):
        return latin < 0.5 and _KANA_OR_ASCII.search(text) is not None
    if encoding == "cp1252":
        return _WESTERN.fullmatch(text) is not None and latin > 0.5
    if encoding == "cp932":
        return _KANA.search(text) is not None
    return _MIXED.search(text) is None and any(letter > "\x7f" and letter.isalpha() for letter in text)


def _named(encoding: str) -> str:
    return _NAMES.get(encoding, encoding)
