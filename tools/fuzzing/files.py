"""Folders, pictures, captions, runs, LoRAs, identities, adapters and base models that somebody else made: one hostile
thing in the host's folders a case, and the nodes and routes that read it."""

import io
import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from . import values
from .host import FuzzedHost, node

_ENDINGS = ("png", "jpg", "PNG", "webp", "gif", "tiff")
_BESIDE = ("txt", "caption", "json", "npz", "mask.png", "png.txt", "yaml", "toml")
OUT = "@OUT@"
"""In texts: the folder outside that nothing may read."""


def _pictures() -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    image = Image.linear_gradient("L").resize((48, 40)).convert("RGB")
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x9286] = f"<img src=x onerror={values.MARK}=1>", 6, "x" * 500
    for name, kind, given in (
        ("a.png", "PNG", {}),
        ("a.jpg", "JPEG", {"exif": exif}),
        ("a.webp", "WEBP", {"exif": exif}),
        ("a.gif", "GIF", {}),
        ("a.bmp", "BMP", {}),
        ("a.tif", "TIFF", {"compression": "tiff_lzw"}),
        ("t.tif", "TIFF", {}),
    ):
        data = io.BytesIO()
        image.save(data, kind, **given)
        made[name] = data.getvalue()
    for name, mode in (
        ("rgba.png", "RGBA"),
        ("l.png", "L"),
        ("p.png", "P"),
        ("one.png", "1"),
        ("cmyk.jpg", "CMYK"),
        ("i.png", "I;16"),
    ):
        data = io.BytesIO()
        (Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8)) if mode == "I;16" else image.convert(mode)).save(
            data, "JPEG" if name.endswith("jpg") else "PNG"
        )
        made[name] = data.getvalue()
    for width, height in ((100_000, 100_000), (2**31 - 1, 1), (0, 0), (9000, 9000), (1, 65_000)):
        made[f"bomb{width}x{height}.png"] = _bomb(width, height)
    made["text.png"] = _with_text(made["a.png"])
    made["x.svg"] = made["svg.png"] = (
        b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        b'<svg xmlns="http://www.w3.org/2000/svg" '
        b'onload="' + values.MARK.encode() + b'=1"><text>&a;</text></svg>'
    )
    made["html.png"] = f"<html><script>{values.MARK}=1</script>".encode()
    made["empty.png"] = b""
    return made


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it is huge, and whose rows are zeros as far as a megabyte goes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9))
        + _chunk(b"IEND", b"")
    )


def _with_text(png: bytes) -> bytes:
    """Texts in a picture that unpack to 64 MiB."""
    text = _chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(1 << 26), 9)) + _chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x" + b"<x" * 9000
    )
    return png[:33] + text + png[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PICTURES = _pictures()
DATASET = {
    "version": 1,
    "trigger": "sage",
    "subject": "person",
    "samples": [{"path": "a.png", "caption": "sage, smiling", "sha256": "0" * 64, "size": [48, 40], "repeats": 1}],
}


def folder_case(host: FuzzedHost) -> st.SearchStrategy[dict[str, Any]]:
    """A folder of pictures under input/, and a node that goes on with it."""

    @st.composite
    def made(draw: Callable[..., Any]) -> dict[str, Any]:
        root = draw(values.names)
        files: list[tuple[str, Any]] = []
        for _ in range(draw(st.integers(1, 5))):
            name, good = draw(st.sampled_from(sorted(PICTURES.items())))
            stem, _, ending = name.rpartition(".")
            stem = draw(st.one_of(st.just(stem), values.names))
            data = draw(st.one_of(st.just(good), values.broken_bytes(good) if len(good) < 20_000 else st.just(good)))
            inside = draw(
                st.sampled_from(
                    [
                        "",
                        "",
                        "",
                        "10_sage person/",
                        "held_out/",
                        "a/b/",
                        "-1_x/",
                        "99999999999_x y/",
                        ".hidden/",
                        "masks/",
                    ]
                )
            )
            files.append(
                (
                    f"{inside}{stem}.{draw(st.sampled_from([ending, *_ENDINGS]))}",
                    data,
                )
            )
            if draw(st.booleans()):
                text = draw(
                    st.one_of(
                        values.words.map(lambda one: one.encode("utf-8", "surrogatepass")),
                        st.binary(max_size=60),
                        values.words.map(lambda one: one.encode("utf-16", "surrogatepass")),
                    )
                )
                files.append(
                    (
                        f"{inside}{stem}.{draw(st.sampled_from(_BESIDE))}",
                        text,
                    )
                )
        if draw(st.integers(0, 2)) == 0:
            names = ["dataset.json", "metadata.jsonl", "meta_cap.json", "config.json", "dataset.toml"]
            files.append(
                (
                    draw(st.sampled_from(names)),
                    draw(values.json_text(host.dataset_json)).encode("utf-8", "surrogatepass"),
                )
            )
        if draw(st.integers(0, 5)) == 0:
            files.append(
                (
                    draw(st.sampled_from(["link.png", "link", "0.png", "x.txt"])),
                    draw(
                        st.sampled_from(
                            [
                                f"-> {OUT}/pictures/a.png",
                                f"-> {OUT}/pictures",
                                f"-> {OUT}",
                                "-> .",
                                "-> ..",
                                "-> link",
                                "-> /dev/zero",
                            ]
                        )
                    ),
                )
            )
        return {"kind": "folder", "root": f"input/{root}", "files": files, "then": draw(st.sampled_from(sorted(_THEN)))}

    return made()


_THEN: dict[str, dict[str, Any]] = {
    "LikenessDatasetToImages": {},
    "LikenessCheckDataset": {"reader": "demo drawings", "resolution": 256},
    "LikenessApplyCaptionRules": {},
    "LikenessReviewCaptions": {"save": "keep in the workflow"},
    "LikenessSaveDataset": {"name": "saved", "place": "output", "overwrite": True},
    "LikenessCropDataset": {"reader": "demo drawings", "resolution": 256},
    "LikenessPickImages": {"count": 2, "reader": "demo drawings", "held_out": 0},
}
"""Nodes that go on with a dataset, and the widgets that are not at their defaults."""


def _widgets(info: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A node's widgets at their defaults, but for those of `own`."""
    found: dict[str, Any] = {}
    for name, (takes, *more) in info["input"].get("required", {}).items():
        settings = more[0] if more else {}
        if takes in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"):
            found[name] = settings.get("default", next(iter(settings.get("options") or [""])))
    return {**found, **own}


def run_case(host: FuzzedHost) -> st.SearchStrategy[dict[str, Any]]:
    """A run under output/likeness that somebody shared."""
    kept = host.home / "output" / "likeness" / "kept"
    names = ("recipe.json", "dataset.json", "base.json", "events.jsonl", "inputs.json")
    good = {name: (kept / name).read_text(encoding="utf-8") for name in names if (kept / name).is_file()}
    good["last_error.json"] = json.dumps({"kind": "RunError", "text": "x", "at": "2026"})
    lines = [json.loads(line) for line in good["events.jsonl"].splitlines()]
    lines += [
        {
            "event": "sampled",
            "step": 3,
            "paths": ["samples/step000003_0.png", f"{OUT}/pictures/a.png"],
            "likeness": [0.5, None],
            "skipped": "",
            "reader": "demo",
        },
        {"event": "heldout", "step": 3, "held_out": 0.1, "train": 0.2},
        {
            "event": "pictureswatched",
            "step": 3,
            "names": ["a.png", "b.png"],
            "learned": [0.5, 0.1],
            "verdicts": ["stuck", ""],
        },
        {"event": "livelikeness", "step": 3, "likeness": 0.5, "pictures": 3, "reader": "demo", "each": [0.1, None]},
        {"event": "memoryscored", "step": 3, "score": 0.6, "low": 0.5, "high": 0.7},
        {"event": "memoryused", "step": 3, "peak": 10**9, "spill": ""},
        {"event": "noticed", "step": 3, "what": "something"},
        {"event": "stoppedearly", "step": 3, "steps": 9, "best": 1, "samplings": 3},
        {"event": "finished", "checkpoints": ["checkpoints/kept_step000003.safetensors"], "answered": False},
        {"event": "unwatched", "step": 3, "why": "x"},
        {"event": "seeded", "seed": 1, "number": 1, "count": 2},
    ]

    @st.composite
    def made(draw: Callable[..., Any]) -> dict[str, Any]:
        files: list[tuple[str, Any]] = []
        bad = draw(st.sets(st.sampled_from(sorted(good)), min_size=1, max_size=2))
        for name, text in good.items():
            if name == "events.jsonl":
                rows = draw(values.json_text(lines)) if name in bad else json.dumps(lines)
                text = _lines(rows)
            elif name in bad:
                text = draw(
                    st.one_of(
                        values.json_text(json.loads(text)),
                        values.json_text(_led_out(json.loads(text))),
                        values.broken_text(text),
                    )
                )
            if name not in bad or draw(st.integers(0, 14)):
                files.append((name, text.encode("utf-8", "surrogatepass")))
        if draw(st.integers(0, 3)) == 0:
            files.append(
                (
                    "samples/step000003_0.png",
                    draw(
                        st.sampled_from(
                            [f"-> {OUT}/pictures/a.png", PICTURES["bomb100000x100000.png"], PICTURES["a.png"]]
                        )
                    ),
                )
            )
        if draw(st.integers(0, 5)) == 0:
            files.append(
                (
                    draw(st.sampled_from(["events.jsonl", "recipe.json", "report", "checkpoints"])),
                    f"-> {OUT}/events.jsonl",
                )
            )
        name = draw(st.one_of(st.just("hostile"), values.names))
        return {
            "kind": "run",
            "root": f"output/likeness/{name}",
            "files": files,
            "then": draw(st.sampled_from(["diff", "diff", "routes", "routes", "train"])),
        }

    return made()


def _lines(rows: str) -> str:
    try:
        data = json.loads(rows)
    except (ValueError, RecursionError):
        return rows
    return "".join(f"{json.dumps(row)}\n" for row in data) if isinstance(data, list) else rows


def _led_out(data: Any) -> Any:
    """With every path leading out."""
    if isinstance(data, dict):
        return {
            name: f"{OUT}/pictures/a.png" if name in ("path", "mask") else OUT if name == "root" else _led_out(inner)
            for name, inner in data.items()
        }
    return [_led_out(one) for one in data] if isinstance(data, list) else data


def tensors_case(host: FuzzedHost) -> st.SearchStrategy[dict[str, Any]]:
    """A file of weights under one of the models folders: LoRA, identity, adapter, base model, pickle."""
    loras = host.home / "models" / "loras" / "likeness"
    lora, face = (loras / "kept.safetensors").read_bytes(), (loras / "kept_face.identity.safetensors").read_bytes()
    places = {
        "lora": ("models/loras/hostile.safetensors", lora),
        "identity": ("models/loras/likeness/hostile.identity.safetensors", face),
        "base": ("models/checkpoints/hostile.safetensors", _small(lora)),
        "adapter": ("models/ipadapter/hostile.safetensors", face),
        "pickle": ("models/ipadapter/hostile.bin", PICKLE),
    }

    @st.composite
    def made(draw: Callable[..., Any]) -> dict[str, Any]:
        kind = draw(st.sampled_from(["lora", "lora", "identity", "identity", "base", "adapter", "pickle"]))
        path, good = places[kind]
        if kind != "pickle" and draw(st.booleans()):
            data = draw(_with_header(good))
        else:
            data = draw(
                st.one_of(
                    values.broken_bytes(good),
                    st.just(good),
                    st.just(b"\xff" * 8),
                    st.just(struct.pack("<Q", 2**62) + b"{}"),
                    st.just(struct.pack("<Q", 90_000_000) + b"{" * 2000),
                )
            )
        return {"kind": kind, "root": path, "files": [("", data)], "then": draw(st.sampled_from(["one", "two"]))}

    return made()


PICKLE = b"cposix\nsystem\n(S'touch @OUT@/pickled'\ntR."


def _small(data: bytes) -> bytes:
    size = struct.unpack("<Q", data[:8])[0]
    return data[: 8 + size + 64]


@st.composite
def _with_header(draw: Callable[..., Any], good: bytes) -> bytes:
    size = struct.unpack("<Q", good[:8])[0]
    header = json.loads(good[8 : 8 + size])
    entries = dict(list(header.items())[:12]) if draw(st.booleans()) else header
    if draw(st.booleans()) and "__metadata__" in entries:
        entries["__metadata__"] = {
            name: draw(values.words) if draw(st.integers(0, 3)) == 0 else value
            for name, value in entries["__metadata__"].items()
        }
        text = json.dumps(entries)
    else:
        text = draw(values.json_text(entries))
    data = text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(data)) + data + good[8 + size :]


def put(host: FuzzedHost, case: dict[str, Any]) -> Path | None:
    """Writes what the case says; None where the disk cannot hold such a name."""
    root = host.home / case["root"]
    try:
        os.fsencode(root)
        for inside, data in case["files"]:
            path = root / inside if inside else root
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(data, str):
                if not os.path.lexists(path):
                    path.symlink_to(data.removeprefix("-> ").replace(OUT, str(host.outside)))
            else:
                path.write_bytes(data.replace(OUT.encode(), str(host.outside).encode()))
    except (OSError, ValueError):
        remove(root)
        return None
    return root


def remove(root: Path) -> None:
    if root.is_dir() and not root.is_symlink():
        shutil.rmtree(root, ignore_errors=True)
    else:
        try:
            root.unlink(missing_ok=True)
        except (OSError, ValueError):
            return


def prompts(host: FuzzedHost, case: dict[str, Any]) -> list[dict[str, Any]]:
    """What reads it."""
    name, kind = Path(case["root"]).name, case["kind"]
    if kind == "folder":
        load = node(
            "LikenessLoadCharacterDataset", folder=f"input/{name}", trigger="", subject="", held_out=0, alpha="white"
        )
        inside = {
            "load": load,
            "then": node(case["then"], dataset=["load", 0], **_widgets(host.infos[case["then"]], _THEN[case["then"]])),
        }
        return [{**inside, "keep": node("FuzzKeep", value=["then", 0], key="made")}]
    if kind == "run":
        if case["then"] == "train":
            train = node(
                "LikenessTrainCharacterLora",
                name=name,
                dataset=["data", 0],
                base=["base", 0],
                recipe=["recipe", 0],
                preset="the one that fits the base",
            )
            given = {
                one: node("FuzzGiven", key=key)
                for one, key in (("data", "LIKENESS_DATASET"), ("base", "LIKENESS_BASE"), ("recipe", "LIKENESS_RECIPE"))
            }
            return [{"train": train, **given}]
        return [{"diff": node("LikenessDiffRuns", first=name, second="kept")}] if case["then"] == "diff" else []
    if kind == "lora":
        own = {"model": node("FuzzGiven", key="MODEL"), "clip": node("FuzzGiven", key="CLIP")}
        wired = {"model": ["model", 0], "clip": ["clip", 0]}
        if case["then"] == "one":
            return [{**own, "check": node("LikenessCheckLora", lora=name, **wired)}]
        apply = node("LikenessApplyCharacterLora", strength=1.0, lora_name=name, **wired)
        return [{**own, "apply": apply, "keep": node("FuzzKeep", value=["apply", 0], key="made")}]
    if kind == "identity":
        return [{"load": node("LikenessLoadIdentity", identity=f"likeness/{name}")}]
    if kind == "base":
        choose = node("LikenessChooseBaseModel", model=name)
        return [{"choose": choose, "keep": node("FuzzKeep", value=["choose", 0], key="made")}]
    adapter = node("LikenessLoadIdentityAdapter", adapter=f"ipadapter/{name}")
    use = node("LikenessApplyIdentity", model=["model", 0], weight=0.5, identity=["face", 0], adapter=["adapter", 0])
    given = {"model": node("FuzzGiven", key="MODEL"), "face": node("FuzzGiven", key="LIKENESS_IDENTITY")}
    return [{"adapter": adapter, "use": use, **given, "keep": node("FuzzKeep", value=["use", 0], key="made")}]


def routes(case: dict[str, Any]) -> list[str]:
    """The pack's own routes that read it."""
    if case["kind"] != "run":
        return []
    from urllib.parse import quote

    name = quote(Path(case["root"]).name.encode("utf-8", "surrogatepass"))
    return [
        f"/likeness/run?name={name}",
        f"/likeness/bundle?name={name}&names=1&captions=1",
        f"/likeness/bundle.zip?name={name}",
    ]
