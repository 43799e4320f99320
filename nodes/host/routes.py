"""Questions that the page asks outside of a run: JSON in, JSON out, read-only."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from server import PromptServer

from ...trainer.errors import LikenessError

_LONGEST = 64 * 1024
"""Bytes of a question."""


def serve(path: str, answer: Callable[[Mapping[str, str]], dict[str, Any]]) -> None:
    """Answer the page's questions at `path`, by their query, off the loop that serves it; it must only read."""

    async def reply(request: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(answer, request.query))

    routes = _routes()
    if routes is not None:
        routes.get(path)(reply)


def serve_zip(path: str, name: str, answer: Callable[[Mapping[str, str]], bytes]) -> None:
    """Hand out at `path` what `answer` packs for a question, as a download called `name`; it must only read."""

    async def reply(request: web.Request) -> web.Response:
        try:
            data = await asyncio.to_thread(answer, request.query)
        except LikenessError as fault:
            return web.Response(status=404, text=str(fault))
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return web.Response(body=data, content_type="application/zip", headers=headers)

    routes = _routes()
    if routes is not None:
        routes.get(path)(reply)


def answer_page(path: str, table: Callable[[], Any], answer: Callable[[Any], Any]) -> None:
    """Serve `table()` to a GET of `/likeness/<path>` and `answer(question)` to a POST of a question in JSON.

    A LikenessError becomes an answer with its sentence: as a status, browsers would report it as a fault of the page.
    """
    routes = _routes()
    if routes is None:
        return

    async def tell(request: web.Request) -> web.Response:
        return _answered(table)

    async def ask(request: web.Request) -> web.Response:
        raw = await request.content.read(_LONGEST + 1)
        return _answered(lambda: answer(_question(raw)))

    routes.get(f"/likeness/{path}")(tell)
    routes.post(f"/likeness/{path}")(ask)


def _routes() -> Any:
    return getattr(getattr(PromptServer, "instance", None), "routes", None)


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
        return web.json_response({"fault": str(fault)})
