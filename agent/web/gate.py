"""Who may ask at the owner's door. Each check alone keeps a page of another origin out; all are made, before routing.

Source: security 6.2, and cases UI-01 to UI-06 and UI-22.
"""

from collections.abc import Callable, Collection
from typing import Final

from aiohttp import web

Refusal = tuple[int, str]
Check = Callable[[web.BaseRequest, Collection[str]], Refusal | None]

OPEN: Final = "/"  # the one address that may be typed; what stands there says nothing of anybody

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types pages"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Go with every answer. The camera is for codes that are held in front of it."""


def named_here(request: web.BaseRequest, here: Collection[str]) -> Refusal | None:
    """The Host is one of ours: a name that was bound anew to this address is not (UI-02)."""
    return (
        None if request.headers.getall("Host", []) in [[each] for each in here] else (421, "not a name of this agent")
    )


def of_our_own(request: web.BaseRequest, here: Collection[str]) -> Refusal | None:
    """The Origin is absent, or ours (UI-03)."""
    origin = request.headers.get("Origin")
    return None if origin is None or origin in {f"http://{each}" for each in here} else (403, "not from another page")


def from_here(request: web.BaseRequest, here: Collection[str]) -> Refusal | None:
    """The browser says that the request comes from our own page, or that the one open address was typed (UI-03)."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    typed = site == "none" and request.method == "GET" and request.path == OPEN
    return None if site == "same-origin" or typed else (403, "not from another page")


def no_secret_in_address(request: web.BaseRequest, here: Collection[str]) -> Refusal | None:
    """No token stands in an address, where histories and logs would keep it (UI-01)."""
    named = {"token", "access_token", "k"} & set(request.query)
    return (400, "a token never stands in an address") if named else None


def in_json(request: web.BaseRequest, here: Collection[str]) -> Refusal | None:
    """What changes something is JSON, which no page of another origin can send unasked (UI-04)."""
    if request.method not in ("GET", "POST"):
        return 405, "GET or POST"
    return (
        (415, "send application/json")
        if request.method != "GET" and request.content_type != "application/json"
        else None
    )


CHECKS: tuple[Check, ...] = (named_here, of_our_own, from_here, no_secret_in_address)


def refused(request: web.BaseRequest, here: Collection[str]) -> Refusal | None:
    """Why this request is not answered, whoever makes it; None if it may be. here: every host and port that is ours."""
    return next((found for check in CHECKS if (found := check(request, here)) is not None), None)
