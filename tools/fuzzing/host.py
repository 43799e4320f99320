"""A running host with values to wire, files that must stay unread, and files that must stay."""

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.host.comfyui import ROOT, Comfy  # noqa: E402
from tests.host.graphs import demo_recipe, node, training  # noqa: E402

_SIDE = Path(__file__).with_name("host_side.py")
_LONG_AGO = 1_000_000_000


class HostDied(Exception):
    """The process ended, or gave no answer in time; carries the end of its log."""


Answer = tuple[int, dict[str, str], bytes]
"""Status, headers by their names in small letters, body."""


class Connection:
    """One to a host, kept from question to question."""

    def __init__(self, comfy: Comfy) -> None:
        self._comfy = comfy
        self._kept: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = None

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """Over a connection that is kept."""
        for attempt in (1, 2):
            try:
                if self._kept is None:
                    self._kept = http.client.HTTPConnection("127.0.0.1", self._comfy.port, timeout=timeout)
                    self._kept.connect()
                if self._kept.sock:
                    self._kept.sock.settimeout(timeout)
                self._kept.request(method, path, body, headers or {})
                answer = self._kept.getresponse()
                return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
            except (OSError, http.client.HTTPException) as fault:
                if self._kept is not None:
                    self._kept.close()
                self._kept = None
                if attempt == 2 or isinstance(fault, TimeoutError):
                    raise HostDied(f"{type(fault).__name__}: {fault}\n{self._comfy.text()[-4000:]}") from fault
        raise AssertionError


class FuzzedHost:
    """A ComfyUI that runs one prompt at a time for us and says what it touched."""

    def __init__(self, home: Path, *, values: bool = True) -> None:
        self._makes_values = values
        self.home = home / "host"
        self.outside = home / "outside"
        self.comfy = Comfy(self.home)
        self._connection = Connection(self.comfy)
        side = self.home / "custom_nodes" / "likeness_fuzz"
        side.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_SIDE, side / "__init__.py")
        self._freeze()
        self._plant()

    def start(self) -> "FuzzedHost":
        self.comfy.start()
        self._connection.close()
        self._kept_files = self._precious()
        if self._makes_values:
            self._keep_values()
            kept = json.loads((self.home / "output/likeness/kept/dataset.json").read_text(encoding="utf-8"))
            self.dataset_json = {**kept, "samples": kept["samples"][:3]}
        return self

    def stop(self) -> None:
        self._connection.close()
        self.comfy.stop()

    def again(self) -> None:
        """After it died."""
        with contextlib.suppress(Exception):
            self.comfy.stop(kill=True)
        self.start()

    def case(self, prompt: dict[str, Any], seconds: float = 2, hangs: float = 60, keep: bool = False) -> dict[str, Any]:
        """How the host's validation and executor ended over a prompt."""
        asked = {"prompt": prompt, "seconds": seconds, "hangs": hangs, "keep": keep}
        status, _, body = self.request("POST", "/fuzz/case", json.dumps(asked).encode(), timeout=hangs + 30)
        if status != 200:
            raise HostDied(f"{status} {body[:2000]!r}")
        return json.loads(body)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """As `Connection` has it."""
        return self._connection.request(method, path, body, headers, timeout)

    def _freeze(self) -> None:
        """The pack as it is now, in place of the link to it: it may be worked on meanwhile."""
        pack = self.home / "custom_nodes" / "likeness"
        pack.unlink()
        for part in ("nodes", "trainer", "web", "workflows", "locales"):
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, pack / part, ignore=shutil.ignore_patterns("bench", "build"))
        shutil.copyfile(ROOT / "__init__.py", pack / "__init__.py")

    def _plant(self) -> None:
        """What lies outside, links that lead there, and the user's own files inside."""
        (self.outside / "pictures").mkdir(parents=True, exist_ok=True)
        for name, data in (
            ("secret.txt", b"secret"),
            ("pictures/a.png", PNG),
            ("pictures/a.txt", b"secret words"),
            ("secret.safetensors", b"\x02\0\0\0\0\0\0\0{}"),
            ("recipe.json", b"{}"),
            ("events.jsonl", b""),
        ):
            (self.outside / name).write_bytes(data)
        home = self.home
        for place in (
            "input/good",
            "input/own",
            "output/likeness",
            "models/loras/likeness",
            "models/checkpoints",
            "temp",
        ):
            (home / place).mkdir(parents=True, exist_ok=True)
        for number in range(3):
            (home / "input/good" / f"{number}.png").write_bytes(PNG)
            (home / "input/good" / f"{number}.txt").write_text("sage_character, a person, smiling")
        (home / "input/own/keep.txt").write_text("keep me")
        (home / "output/keep.png").write_bytes(PNG)
        (home / "models/loras/likeness/keep.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
        links = {
            "input/link_out": self.outside,
            "input/linked.png": self.outside / "pictures" / "a.png",
            "input/link_recipe.json": self.outside / "recipe.json",
            "input/good/link_out": self.outside / "pictures",
            "input/good/zlink.png": self.outside / "pictures" / "a.png",
            "input/good/0.caption": self.outside / "secret.txt",
            "output/likeness/link_out": self.outside,
        }
        for name, target in links.items():
            if not os.path.lexists(home / name):
                (home / name).symlink_to(target)
        self.forget_outside()

    def _precious(self) -> dict[str, str]:
        paths = ["input/own/keep.txt", "output/keep.png", "models/loras/likeness/keep.safetensors"]
        return {name: hashlib.sha256((self.home / name).read_bytes()).hexdigest() for name in paths}

    def told_outside(self) -> list[str]:
        """Files outside that were read or changed by whatever way, and files of the user that changed."""
        found = [
            f"read {path}" for path in self.outside.rglob("*") if path.is_file() and path.stat().st_atime != _LONG_AGO
        ]
        found += [f"changed {path}" for path in self.outside.rglob("*") if path.stat().st_mtime != _LONG_AGO]
        if len(list(self.outside.rglob("*"))) != 7:
            found.append("another number of files outside")
        try:
            found += ["changed the user's own files"] if self._precious() != self._kept_files else []
        except OSError as fault:
            found.append(f"the user's own file is gone: {fault.filename}")
        return found

    def forget_outside(self) -> None:
        """So that what was told is told once."""
        for path in [self.outside, *self.outside.rglob("*")]:
            os.utime(path, (_LONG_AGO, _LONG_AGO))

    def _keep_values(self) -> None:
        """Trains the demo character for three steps, compares, and keeps what comes out of every kind of wire."""
        graph = training("kept", steps=3, save_every=3)
        graph["found"] = node("LikenessDemoCharacter", number=1, pictures="as found")
        graph["compare"] = node(
            "LikenessCompareCheckpoints",
            references=["who", 0],
            model=["base", 0],
            clip=["base", 1],
            vae=["base", 2],
            run=["train", 0],
            prompts="from the text below",
            prompt_text="sage_character, person",
            reader="demo drawings",
            most=1,
            strength=1.0,
            seeds=1,
            size=128,
            steps=2,
            cfg=1.0,
        )
        graph["choose"] = node("LikenessChooseCheckpoint", report=["compare", 0], step=3, save_as="kept", pick="")
        graph["words"] = node("CLIPTextEncode", clip=["base", 1], text="sage")
        graph["empty"] = node("EmptyLatentImage", width=64, height=64, batch_size=1)
        graph["pictures"] = node("EmptyImage", width=64, height=64, batch_size=2, color=9000)
        graph["mask"] = node("SolidMask", value=1.0, width=64, height=64)
        graph["adapter"] = node("LikenessLoadIdentityAdapter", adapter="Demo adapter")
        graph["face"] = node(
            "LikenessReadFace",
            select="largest",
            on_no_face="skip",
            reader="auto",
            save_as="kept_face",
            index=0,
            crop_size=512,
            dataset=["who", 0],
            adapter=["adapter", 0],
        )
        graph["rules"] = node(
            "LikenessApplyCaptionRules",
            dataset=["who", 0],
            policy="core: what most pictures share",
            family="SDXL, SD 1.5 (75 tokens)",
            form="both",
            style="auto",
            keep="",
            drop="",
            signature="",
            fill_light=False,
            rewrite_by_hand=False,
        )
        kept = {
            "LIKENESS_IDENTITY_ADAPTER": ["adapter", 0],
            "LIKENESS_IDENTITY": ["face", 0],
            "LIKENESS_CAPTION_RULES": ["rules", 1],
            "LIKENESS_DATASET": ["who", 0],
            "found": ["found", 0],
            "MODEL": ["base", 0],
            "CLIP": ["base", 1],
            "VAE": ["base", 2],
            "LIKENESS_BASE": ["base", 3],
            "LIKENESS_RECIPE": ["recipe", 0],
            "LIKENESS_RUN": ["train", 0],
            "LIKENESS_REPORT": ["compare", 0],
            "LIKENESS_LORA": ["choose", 0],
            "CONDITIONING": ["words", 0],
            "LATENT": ["empty", 0],
            "IMAGE": ["pictures", 0],
            "MASK": ["mask", 0],
        }
        graph["check"] = node(
            "LikenessCheckDataset", dataset=["found", 0], reader="demo drawings", resolution=128, review=""
        )
        graph["review"] = node("LikenessReviewCaptions", dataset=["who", 0], save="keep in the workflow", review="")
        graph["plan"] = node(
            "LikenessPlanRun", dataset=["who", 0], base=["base", 3], recipe=["recipe", 0], measure=False
        )
        graph["advise"] = node("LikenessAdviseNextRun", report=["compare", 0])
        for key, link in kept.items():
            graph[f"keep {key}"] = node("FuzzKeep", value=link, key=key)
        told = self.case(graph, seconds=300, hangs=400, keep=True)
        if told["outcome"] != "success":
            raise HostDied(f"The values could not be made: {json.dumps(told)[:4000]}")
        self.kept = set(kept)
        self.infos = self.comfy.get("/object_info")
        diff = self.case(
            {"diff": node("LikenessDiffRuns", first="kept", second="kept")}, seconds=300, hangs=400, keep=True
        )
        told["outputs"] |= diff.get("outputs", {})
        graph["diff"] = node("LikenessDiffRuns")
        self.outputs: dict[str, list[Any]] = {}
        for name, output in told["outputs"].items():
            self.outputs.setdefault(graph[name]["class_type"], []).append(output)


def _png() -> bytes:
    import io

    from PIL import Image

    data = io.BytesIO()
    Image.linear_gradient("L").resize((96, 96)).convert("RGB").save(data, "PNG")
    return data.getvalue()


PNG = _png()
__all__ = ["PNG", "FuzzedHost", "HostDied", "demo_recipe", "node", "time"]
