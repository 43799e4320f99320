"""A real ComfyUI in a process of its own, driven over HTTP and WebSocket.

$COMFYUI_FRONTEND is the `static` folder of another comfyui_frontend_package than the host's own page.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_SECONDS_TO_START = 900
_SECONDS_OF_A_SCRIPT = 300


def comfy_path() -> Path:
    return Path(os.environ.get("COMFYUI_PATH") or Path.home() / "comfy" / "ComfyUI")


def comfy_python() -> Path:
    own = comfy_path() / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    return own if own.is_file() else Path(sys.executable)


class Refused(Exception):
    """The host refused a prompt; carries its words."""


class Comfy:
    """A host with `home` as its base directory and the pack linked into it; `options` go to its command line."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.options = options
        self.log = home / "host.log"
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("custom_nodes", "input", "output", "models/loras", "models/diffusers", "user"):
            (home / name).mkdir(parents=True, exist_ok=True)
        link = home / "custom_nodes" / "likeness"
        if not link.exists():
            link.symlink_to(ROOT, target_is_directory=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the host was not started"
        return self._process.pid

    @property
    def output(self) -> Path:
        return self.home / "output"

    @property
    def loras(self) -> Path:
        return self.home / "models" / "loras"

    def start(self) -> "Comfy":
        command = [comfy_python(), "main.py", "--cpu", "--port", self.port, "--base-directory", self.home]
        command += ["--user-directory", self.home / "user", "--disable-api-nodes", "--disable-auto-launch"]
        command += ["--database-url", f"sqlite:///{self.home / 'user' / 'comfyui.db'}", *self.options]
        if frontend := os.environ.get("COMFYUI_FRONTEND"):
            command += ["--front-end-root", frontend]
        # As at a user's, whose ComfyUI does not compile itself at every start.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["HF_HUB_OFFLINE"] = "1"
        # Nor does the pack, but at its first start after an installation.
        compiled = [comfy_python(), "-m", "compileall", "-q", ROOT / "nodes", ROOT / "trainer"]
        subprocess.run([str(part) for part in compiled], env=environment, check=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command], cwd=comfy_path(), env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"ComfyUI ended at start:\n{self.text()[-3000:]}"
            try:
                self.get("/system_stats")
                return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"ComfyUI was not ready in {_SECONDS_TO_START} s:\n{self.text()[-3000:]}")

    def stop(self, *, kill: bool = False) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.loads(answer.read())

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url + path, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def post(self, path: str, data: Any) -> Any:
        body = json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode(errors="replace")) from error
        return json.loads(text) if text else None

    def queue(self, prompt: dict[str, Any]) -> str:
        return self.post("/prompt", {"prompt": prompt, "client_id": "tests"})["prompt_id"]

    def wait(self, prompt_id: str, seconds: float = 400) -> dict[str, Any]:
        """The history entry once the prompt has ended, however it ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            entry = self.get(f"/history/{prompt_id}").get(prompt_id)
            if entry and entry.get("status", {}).get("status_str"):
                return entry
            time.sleep(0.05)
        raise AssertionError(f"The prompt did not end in {seconds} s:\n{self.text()[-3000:]}")

    def run(self, prompt: dict[str, Any], seconds: float = 400) -> dict[str, Any]:
        """Queue, wait, and insist on success; gives the outputs by node."""
        entry = self.wait(self.queue(prompt), seconds)
        assert entry["status"]["status_str"] == "success", failure(entry)
        return entry["outputs"]

    def interrupt(self) -> None:
        self.post("/interrupt", {})

    def ended_by_cancel(self, prompt_id: str) -> bool:
        """Wait for the end; whether it was a Cancel."""
        return "execution_interrupted" in [kind for kind, _ in self.wait(prompt_id)["status"]["messages"]]

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"Waited {seconds} s for {what}:\n{self.text()[-3000:]}"
            time.sleep(0.05)


class HostPython:
    """ComfyUI's own Python, in its folder, that runs the scripts of this folder one after the other."""

    def __init__(self, log: Path) -> None:
        self._log = log
        command = [comfy_python(), ROOT / "tests" / "host" / "scripts.py"]
        environment = {**os.environ, "COMFYUI_PATH": str(comfy_path())}
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                cwd=comfy_path(),
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def run(self, script: str, *arguments: Path) -> list[str]:
        """The lines that it prints."""
        assert self._process.stdin and self._process.stdout
        asked = [str(part) for part in (ROOT / "tests" / "host" / script, *arguments)]
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        hung = threading.Timer(_SECONDS_OF_A_SCRIPT, self._process.kill)
        hung.start()
        answer = self._process.stdout.readline()
        hung.cancel()
        assert answer, f"{script} ended its process:\n{self._log.read_text(errors='replace')[-3000:]}"
        said = json.loads(answer)
        assert not said["fault"], said["fault"][-3000:]
        return said["printed"].strip().splitlines()

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


def failure(entry: dict[str, Any]) -> str:
    """What the host says went wrong."""
    said = [data for kind, data in entry["status"]["messages"] if kind == "execution_error"]
    if not said:
        return json.dumps(entry["status"]["messages"])[-2000:]
    return f"{said[0]['exception_message']}\n{''.join(said[0]['traceback'])}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
