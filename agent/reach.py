"""Which addresses may be connected to, for documents and for messages alike: the public internet, and nothing else.

A name is resolved once, by the resolver below, and only what it hands out is connected to; an address in its literal
form is judged as it stands. In development mode this computer may be reached too.
"""

import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.config import is_loopback

if TYPE_CHECKING:
    import aiohttp


NAT64 = ipaddress.ip_network("64:ff9b::/96")
SPECIAL = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b:1::/48", "fec0::/10")))  # which `is_global` lets pass


@lru_cache(maxsize=1024)
def may_fetch(url: str, development: bool) -> bool:
    """Whether this URL may be asked for at all: https, or http on loopback in development, and no literal address that
    may not be connected to (it is not looked up, so no resolver would refuse it)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname
    if not host or "%" in host or parts.username or parts.password:  # a zone would choose a network of this computer's
        return False
    if is_address(host) and not may_connect(host, development):
        return False
    return parts.scheme == "https" or (development and parts.scheme == "http" and is_loopback(host))


@dataclass(frozen=True)
class Nearby:
    """A stage for tests, which stay on this computer: names that are found here, and the authority (a PEM file) that
    vouches for them. No setting makes one."""

    names: frozenset[str]
    authority: str


def guarded_connector(development: bool, nearby: Nearby | None = None) -> "aiohttp.TCPConnector":
    """Connections to what may be connected to, and over TLS 1.2 or newer to whoever proves its name. No proxies."""
    import aiohttp

    resolver = guarded_resolver(development, nearby.names if nearby else frozenset())
    return aiohttp.TCPConnector(resolver=resolver, ssl=guarded_tls(nearby), ttl_dns_cache=60)


@lru_cache(maxsize=8)
def guarded_tls(nearby: Nearby | None) -> ssl.SSLContext:
    """TLS 1.2 or newer, with whoever proves its name. One for all connections: to read all authorities takes 20 ms."""
    context = ssl.create_default_context(cafile=nearby.authority if nearby else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def guarded_addresses(
    development: bool, nearby: Nearby | None = None
) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """What finds the addresses of a name, all of which may be connected to. It raises OSError."""
    resolver = guarded_resolver(development, nearby.names if nearby else frozenset())

    async def addresses(host: str, port: int) -> Sequence[str]:
        return [entry["host"] for entry in await resolver.resolve(host, port)]

    return addresses


def may_post(url: str) -> bool:
    """Whether the operator may have events sent to this URL: https, or http on this computer; nothing in it but a
    place, and no link-local address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username or parts.password or (is_address(host) and not may_choose(host)):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def may_choose(address: str) -> bool:
    """Whether the operator may have this address connected to: his own network, too, but no link-local address."""
    number = ipaddress.ip_address(address)
    inside = getattr(number, "ipv4_mapped", None) or number
    return not (inside.is_link_local or inside.is_multicast or inside.is_unspecified)


def chosen_connector() -> "aiohttp.TCPConnector":
    """Connections to what the operator has chosen, over TLS 1.2 or newer to whoever proves its name. No proxies."""
    import aiohttp

    class Chosen(aiohttp.ThreadedResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> "list[aiohttp.abc.ResolveResult]":
            found = await super().resolve(host, port, family)
            if not all(may_choose(entry["host"]) for entry in found):
                raise OSError("not an address that events are sent to")
            return found

    return aiohttp.TCPConnector(resolver=Chosen(), ssl=guarded_tls(None))


def guarded_resolver(development: bool, nearby: frozenset[str] = frozenset()) -> "aiohttp.abc.AbstractResolver":
    """A resolver that hands out only addresses that may be connected to: the connector uses no other."""
    import aiohttp

    class Guarded(aiohttp.ThreadedResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> "list[aiohttp.abc.ResolveResult]":
            if host in nearby:
                return await super().resolve("127.0.0.1", port, family)
            found = await super().resolve(host, port, family)
            if not all(may_connect(entry["host"], development) for entry in found):
                raise OSError("not an address of the public internet")
            return found

    return Guarded()


def is_address(host: str) -> bool:
    """Whether `host` is an IP address in its usual form, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def may_connect(address: str, development: bool) -> bool:
    """Whether a connection to this address is allowed: global unicast only; in development loopback too."""
    number = ipaddress.ip_address(address)
    if development and number.is_loopback and not getattr(number, "ipv4_mapped", None):
        return True
    if isinstance(number, ipaddress.IPv6Address):
        if any(number in network for network in SPECIAL):
            return False
        inside = number.ipv4_mapped or number.sixtofour or (number.teredo[1] if number.teredo else None)
        if number in NAT64:
            inside = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if inside is not None:
            return may_connect(str(inside), development=False)
    return number.is_global and not number.is_multicast
