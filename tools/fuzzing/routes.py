"""The pack's routes: any method, query, body, type and origin."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from . import values
from .findings import Findings
from .host import FuzzedHost

READS = (
    *("/likeness/run", "/likeness/bundle", "/likeness/bundle.zip", "/likeness/runs", "/likeness/runs/told"),
    *("/likeness/runs/picture", "/likeness/runs/one", "/likeness/runs/plan", "/likeness/runs/diff"),
    *("/likeness/runs/go_on", "/likeness/runs/removal", "/likeness/models"),
)
ASKS = ("/likeness/recipe", "/likeness/base", "/likeness/runs/remove")
_TYPES = (
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "image/svg+xml",
    "",
)
_ORIGINS = (
    "http://evil.example",
    "null",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://localhost",
    "file://",
    "http://127.0.0.1.evil.example",
)
_NAMES = ("kept", "link_out", "recipes", "Recipes", "kept/../kept", "kept\0", "gone", "KEPT")


@st.composite
def requests(draw: Callable[..., Any], question: Any) -> dict[str, Any]:
    """Method, path with its query, body and headers."""
    path = draw(st.sampled_from(READS + ASKS))
    method = draw(st.sampled_from(["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]))
    if path in ASKS and draw(st.booleans()):
        method = "POST"
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        key = draw(st.sampled_from(["name", "name", "name", "names", "captions", "first", "second", "x"]))
        value = draw(st.one_of(st.sampled_from(_NAMES), values.words))[:4000]
        parts.append(f"{quote(key)}={draw(st.sampled_from([quote, str_safe]))(value)}")
    body = None
    if method in ("POST", "PUT", "PATCH"):
        text = draw(st.one_of(values.json_text(question), values.trees.map(json.dumps), values.words))
        body = draw(st.one_of(st.just(text.encode("utf-8", "surrogatepass")), st.binary(max_size=80)))
        body *= draw(st.sampled_from([1, 1, 1, 1, 1, 1, 3, 200]))
    headers = {"Content-Type": draw(st.sampled_from(_TYPES))} if draw(st.booleans()) else {}
    if draw(st.integers(0, 4)) == 0:
        headers["Origin"] = draw(st.sampled_from(_ORIGINS))
    if draw(st.integers(0, 9)) == 0:
        headers["Sec-Fetch-Site"] = draw(st.sampled_from(["cross-site", "same-site", "none"]))
    prefix = draw(st.sampled_from(["", "/api"]))
    return {
        "method": method,
        "path": f"{prefix}{path}{'?' + '&'.join(parts) if parts else ''}",
        "body": body,
        "headers": headers,
    }


def str_safe(value: str) -> str:
    """As a client may send it that knows nothing of percent signs."""
    return "".join(
        letter
        if letter.isascii() and letter.isprintable() and letter not in " #"
        else quote(letter.encode("utf-8", "surrogatepass"))
        for letter in value
    )


quote_text = quote


def quote(value: Any) -> str:  # noqa: F811
    """Percent signs for everything, half of a surrogate pair too."""
    return quote_text(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value, safe="")


def judge(host: FuzzedHost, found: Findings, case: dict[str, Any], answer: tuple[int, dict[str, str], bytes]) -> None:
    """Faults of one answer."""
    status, headers, body = answer
    found.outcomes[f"{status}"] += 1
    origin, method = case["headers"].get("Origin"), case["method"]
    if status >= 500:
        found.fault(
            f"{status} from {method} {case['path'].split('?')[0]}", case, f"{body[:500]!r}\n{host.comfy.text()[-3000:]}"
        )
    if "access-control-allow-origin" in headers:
        found.fault("another origin is let in", case, str(headers))
    if status == 200 and method != "OPTIONS" and (case["headers"].get("Sec-Fetch-Site") == "cross-site"):
        found.fault("a cross-site request was answered", case)
    if status == 200 and origin and method != "OPTIONS" and "evil" in origin:
        found.fault("a request of another origin was answered", case)
    kind = headers.get("content-type", "")
    if status == 200 and method in ("GET", "POST"):
        if not kind.startswith(("application/json", "application/zip", "image/jpeg")):
            found.fault(f"an answer of type {kind}", case, repr(body[:300]))
        elif kind.startswith("application/json"):
            strict(found, case, body)
    if str(host.outside).encode() in body or b"secret words" in body:
        found.fault("an answer tells of files outside", case, repr(body[:2000]))
    if status == 404 and kind.startswith("text/html"):
        found.fault("a page of HTML", case, repr(body[:300]))


def strict(found: Findings, case: Any, body: bytes) -> None:
    """JSON as a page reads it, which knows no NaN."""
    try:
        json.loads(body, parse_constant=_refuse)
    except ValueError as fault:
        found.fault(f"no JSON for the page: {str(fault)[:60]}", case, repr(body[:2000]))


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
