"""The bridge to anything that takes webhooks: each event as it is, signed, by POST. Nothing comes back this way (what
a receiver does comes in over the REST interface).

The address is the operator's own choice, so it may be in his own network; but it is reached by https, or by http on
this computer, without redirects and without a proxy, and never at a link-local address, where clouds keep secrets.
Source: Standard Webhooks 1.0.0; vrm-protocols, section 6.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from agent.agent import Agent
from agent.bridges import Gone, Inbound, Undelivered, Unreachable, signatures, state
from agent.bridges.signatures import Key, Keys
from agent.errors import Misconfigured
from agent.events import CloudEvent
from agent.reach import chosen_connector, may_post

if TYPE_CHECKING:
    import aiohttp

MEDIA_TYPE: Final = "application/cloudevents+json"
CONNECT_SECONDS: Final = 5.0
BUSY: Final = frozenset({429, 502, 504})  # nobody's event is to blame
GONE: Final = 410


class Webhook:
    """One endpoint. url: where it is; its keys are kept sealed, under the same name."""

    poll_every = 0.0

    def __init__(self, agent: Agent, url: str) -> None:
        self.agent, self.url = agent, url
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, event: CloudEvent) -> None:
        """See `Bridge`."""
        import aiohttp

        now, body = self.agent.now(), msgspec.json.encode(event)
        headers = {
            "Content-Type": MEDIA_TYPE,
            "webhook-id": event.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signatures.header(self.keys().at(now), id=event.id, at=now, body=body),
        }
        try:
            async with self._open().post(self.url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError) as fault:
            raise Unreachable("nobody answers at its address") from fault
        except aiohttp.ClientError as fault:
            raise Undelivered(f"it could not be posted: {type(fault).__name__}") from fault
        if status == GONE:
            raise Gone("it answered 410: it wants no more events")
        if status in BUSY:
            raise Unreachable(f"it answered {status}")
        if not 200 <= status < 300:
            raise Undelivered(f"it answered {status}")

    async def poll(self) -> Sequence[Inbound]:
        """Nothing comes back this way."""
        return ()

    async def settle(self, key: str, refused: str = "") -> None:
        """Nothing comes back this way."""

    def keys(self) -> Keys:
        """The keys of this endpoint. Raises Undelivered if it has none: then nobody could check what we send."""
        found = kept(self.agent, self.url)
        if found is None:
            raise Unreachable("it has no key yet: freerange bridge add makes one")
        return found

    async def close(self) -> None:
        """See `Bridge`."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(connector=chosen_connector(), timeout=timeout, trust_env=False)
        return self._session


async def make(agent: Agent, url: str) -> Webhook:
    """The bridge to an endpoint, which gets a key if it has none. Raises Misconfigured if nothing may be sent there."""
    if not may_post(url):
        raise Misconfigured(
            "this is not an address for webhooks: give https, or http on this computer, and no password"
        )
    if kept(agent, url) is None:
        await give(agent, url, signatures.fresh())
    return Webhook(agent, url)


def kept(agent: Agent, url: str) -> Keys | None:
    """The keys of an endpoint, if it has any yet."""
    found = state.secret(agent, url) if url.startswith(("https:", "http:")) else None  # others log in by other means
    return msgspec.json.decode(found, type=Keys) if found else None


async def give(agent: Agent, url: str, key: str, *, only: bool = False) -> Keys:
    """Let an endpoint's events be signed by a key from now on, and by the one before it for a while, unless `only`."""
    before = None if only else kept(agent, url)
    keys = before.rotated(key, agent.now()) if before else Keys((Key(key),))
    await state.keep_secret(agent, url, msgspec.json.encode(keys))
    return keys
