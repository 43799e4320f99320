"""Questions that the page asks outside of a run: JSON in, JSON out.

They only read, but for what `serve_change` serves. A page of another site cannot ask for that: the host refuses what a
browser marks as cross-site, a body in JSON needs a leave that the host does not give, and an origin of another name is
refused here too, also where the host does not look (it does on loopback alone, and not with `--enable-cors-header`).
"""

import asyncio
import json
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from server import PromptServer

from ...trainer.errors import LikenessError, refusal

_LONGEST = 64 * 1024
"""Bytes of a question."""


def serve(path: str, answer: Callable[[Mapping[str, str]], dict[str, Any]]) -> None:
    """Answer the page's questions at `path`, by their query, off the loop that serves it; it must only read."""

    async def reply(request: web.Request) -> web.Response:
        return await asyncio.to_thread(_answered, lambda: answer(request.query))

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


def serve_picture(path: str, answer: Callable[[Mapping[str, str]], bytes]) -> None:
    """Show at `path` the JPEG that `answer` makes for a question, which may be kept for a minute; it must only read."""

    async def reply(request: web.Request) -> web.Response:
        try:
            data = await asyncio.to_thread(answer, request.query)
        except LikenessError as fault:
            return web.Response(status=404, text=str(fault))
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=60"}
        return web.Response(body=data, content_type="image/jpeg", headers=headers)

    routes = _routes()
    if routes is not None:
        routes.get(path)(reply)


def serve_change(path: str, act: Callable[[Any], dict[str, Any]]) -> None:
    """Let the page have something done at `path` by a POST of a question in JSON, off the loop that serves it.

    `act` checks the question itself and decides; a LikenessError becomes an answer with its sentence.
    """

    async def reply(request: web.Request) -> web.Response:
        if request.content_type != "application/json" or not _is_own_page(request.headers):
            return web.Response(status=403, text="Only ComfyUI's own page may ask for this.")
        raw = await _body(request)
        return await asyncio.to_thread(_answered, lambda: act(_question(raw)))

    routes = _routes()
    if routes is not None:
        routes.post(path)(reply)


def _is_own_page(headers: Mapping[str, str]) -> bool:
    """Whether the host that is asked is the one that the asking page came from; what is no browser says nothing.

    Browsers name the origin alone where the page came unencrypted from another machine.
    """
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urllib.parse.urlsplit(origin).netloc.lower() == headers.get("Host", "").lower()


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
        raw = await _body(request)
        return await asyncio.to_thread(_answered, lambda: answer(_question(raw)))

    routes.get(f"/likeness/{path}")(tell)
    routes.post(f"/likeness/{path}")(ask)


def _routes() -> Any:
    return getattr(getattr(PromptServer, "instance", None), "routes", None)


async def _body(request: web.Request) -> bytes:
    """All of it, and of what is longer than a question no more than shows that it is: it comes in pieces."""
    raw = b""
    async for piece in request.content.iter_any():
        raw += piece
        if len(raw) > _LONGEST:
            break
    return raw


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
    except OSError as fault:  # a file that went while it was looked at, or that may not be read
        return web.json_response({"fault": refusal(fault)})
