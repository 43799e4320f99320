"""A balance on disk: numbers and the picture."""

import io
import json
from pathlib import Path

from ...errors import LikenessError
from ...storage.atomic import write_atomically
from ...storage.values import json_value
from ..drawing import refused_write
from .balance import Balance
from .heatmap import heatmap

BALANCE, HEATMAP = "balance.json", "balance.png"


def write_balance(balance: Balance, out: Path) -> None:
    """balance.png, then balance.json, which tells that both are there. RunError when the disk refuses."""
    text = json.dumps(balance.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    buffer = io.BytesIO()
    heatmap(balance, out).save(buffer, "PNG", compress_level=2)
    for name, data in ((HEATMAP, buffer.getvalue()), (BALANCE, text.encode() + b"\n")):
        try:
            write_atomically(out / name, data)
        except OSError as fault:
            raise refused_write(out / name, fault) from fault


def finished_balance(out: Path, key: str) -> Balance | None:
    """The balance of this very key, if it is there whole with its pictures; None otherwise."""
    if not (out / HEATMAP).is_file():
        return None
    try:
        found = Balance.from_json(json_value((out / BALANCE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, LikenessError):
        return None
    pictures = [out / picture.path for scores in found.columns for picture in scores.pictures]
    return found if found.key == key and all(path.is_file() for path in pictures) else None
