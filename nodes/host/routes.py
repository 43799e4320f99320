"""Questions that the page asks outside of a run: JSON in, JSON out, read-only."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from server import PromptServer

from ...trainer.errors import LikenessError

_LONGEST = 64 * 1024
"""Bytes of a question."""


def answer_page(path: str, table: Callable[[], Any], answer: Callable[[Any], Any]) -> None:
    """Serve `table()` to a GET of `/likeness/<path>` and `answer(question)` to a POST of a question in JSON.

    A LikenessError becomes a 400 with its sentence.
    """
    routes = getattr(getattr(PromptServer, "instance", None), "routes", None)
    if routes is None:
        return

    async def tell(request: web.Request) -> web.Response:
        return _answered(table)

    async def ask(request: web.Request) -> web.Response:
        raw = await request.content.read(_LONGEST + 1)
        return _answered(lambda: answer(_question(raw)))

    routes.get(f"/likeness/{path}")(tell)
    routes.post(f"/likeness/{path}")(ask)


def _question(raw: bytes) -> Any:
    if len(raw) > _LONGEST:
        raise LikenessError(f"The question is longer than {_LONGEST} bytes; ask about one node at a time.")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise LikenessError("The question is no JSON; reload the page.") from fault


def _answered(answer: Callable[[], Any]) -> web.Response:
    try:
        return web.json_response(answer())
    except LikenessError as fault:
        return web.json_response({"fault": str(fault)}, status=400)
