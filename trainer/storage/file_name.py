"""Which words can name a file on every system, with what is added to them."""

_MOST_BYTES = 192
"""A file's name has 255 bytes at most; a run's files add up to 40 to its name (`.…_step000000.safetensors`, drafts)."""
_DEVICES = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"))
)


def file_name_fault(name: str) -> str | None:
    """What is wrong with a name in itself, or None: too many bytes, or a word that is a device on Windows."""
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > _MOST_BYTES:
        return f"The name {name[:20]!r}… is too long for a file: it takes {size} bytes, and {_MOST_BYTES} is the most."
    if name.partition(".")[0].strip().upper() in _DEVICES:
        return f"The name {name!r} is a device's on Windows and cannot name a file; take another name."
    return None
