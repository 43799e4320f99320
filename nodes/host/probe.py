"""A program for the host's interpreter: opens the pack as the host does and prints what that cost as one JSON line.

Arguments: the host's folder, then the pack's.
"""

import asyncio
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

HEAVY = ("diffusers", "peft", "transformers", "onnxruntime", "insightface", "cv2", "accelerate", "bitsandbytes")


def main(host: Path, pack: Path) -> dict[str, Any]:
    """Open what the host opens before its packs, then the pack, its entry point and every schema."""
    sys.path.insert(0, host.as_posix())
    sys.argv = ["main.py", "--cpu"]
    _open_host()
    before = set(sys.modules)
    started = time.perf_counter()
    _open_pack(pack)
    seconds = time.perf_counter() - started
    fresh = set(sys.modules) - before
    return {
        "seconds": seconds,
        "modules": len(fresh),
        "heavy": sorted({name.split(".")[0] for name in fresh} & set(HEAVY)),
    }


def _open_host() -> None:
    import comfy.options

    comfy.options.enable_args_parsing()
    import execution  # noqa: F401
    import server  # noqa: F401
    from comfy_api import v0_0_2  # noqa: F401

    import nodes  # noqa: F401


def _open_pack(pack: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "likeness", pack / "__init__.py", submodule_search_locations=[pack.as_posix()]
    )
    assert spec and spec.loader
    sys.modules["likeness"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    async def listed() -> None:
        extension = await module.comfy_entrypoint()
        await extension.on_load()
        for node in await extension.get_node_list():
            node.GET_SCHEMA()

    asyncio.run(listed())


if __name__ == "__main__":
    figures = main(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write("\n" + json.dumps(figures) + "\n")
