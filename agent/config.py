"""The settings of one agent: a small JSON file beside its wallet, readable and writable by hand.

Secrets never stand here. What is wrong with a setting is said in words, with its name, before anything starts.
"""

import ipaddress
import os
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
from msgspec.structs import replace

from agent.durations import end_of
from agent.errors import Exposed, Misconfigured

FILE = "config.json"
Loop: TypeAlias = Literal["asyncio", "uvloop"]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agent's settings.

    kind: a person (customer side) or an org (vendor side). name: what we call ourselves; a person's is never sent.
    listen: host:port of the public listener for messages. url: that listener as others reach it. A person may have
    neither (""): then she is reached through a mediator.
    api: host:port of the loopback API. development: allow http and did:web on loopback; never on a public address.
    org_kind: what an org says it is. rights_contact: where its customers' rights requests go. rights_within: how long
    an answer to such a request may take, by the law it refers to; a person's agent reckons by it until a receipt comes.
    accepts: ids of agreements an org accepts by itself, or that a person proffers, preferred first.
    welcomes: an org answers a stranger's hello without an invitation.
    mediates: an org takes messages for others, who fetch them, and who need no address of their own (a mediator).
    strict: addressing checks of incoming messages (DIDComm v2.1, "Message Layer Addressing Consistency").
    trusted_proxies: addresses or networks of web servers in front, whose X-Forwarded-For is believed.
    rate_per_address, rate_per_peer: messages a second from one address, and of one sender, and up to a hundred at once
    after a pause; 0: any number. tls_certificate, tls_key: files (PEM) by which the public listener speaks TLS itself.
    bridges: the systems of an org that hear what is said (its CRM): `minicrm`, a URL that takes webhooks, or as
    agent/bridges says.
    store: where the wallet is: "" in a file beside this one, else the address of a PostgreSQL database, without a
    password. tenant: whose wallet it is in that database. loop: what `serve` runs in; uvloop takes a little less of the
    processor, and has to be installed.
    metrics: host:port for whoever watches over the agent (/health, /ready, /metrics), "" for none; on this computer
    only, unless metrics_for_all.
    integrations: host:port of the API for an org's own systems (docs/how-to/use-the-rest-api.md), "" for none; on this
    computer only: a system elsewhere comes through a web server that speaks TLS.
    """

    kind: Literal["person", "org"]
    name: str
    listen: str = "127.0.0.1:8080"
    url: str = "http://127.0.0.1:8080"
    api: str = "127.0.0.1:8081"
    development: bool = False
    org_kind: Literal["vendor", "agency", "official", "club", "church", "charity", "other"] = "vendor"
    rights_contact: str = ""
    rights_within: tuple[str, ...] = ("gdpr=P1M", "ccpa=P45D", "agreement=P1M", "voluntary=P1M")
    accepts: tuple[str, ...] = ("freerange-service-only", "freerange-service-and-purpose")
    welcomes: bool = True
    mediates: bool = False
    strict: bool = True
    trusted_proxies: tuple[str, ...] = ()
    rate_per_address: int = 50
    rate_per_peer: int = 20
    tls_certificate: str = ""
    tls_key: str = ""
    bridges: tuple[str, ...] = ()
    integrations: str = ""
    metrics: str = ""
    metrics_for_all: bool = False
    store: str = ""
    tenant: str = ""
    loop: Loop = "asyncio"

    @property
    def domain(self) -> str:
        """Host, and port if one is given, of the public address."""
        return urlsplit(self.url).netloc


def default_home() -> Path:
    """FREERANGE_HOME, else the folder .freerange of the user."""
    return Path(os.environ.get("FREERANGE_HOME") or Path.home() / ".freerange")


def read(home: Path) -> Config:
    """The settings in `home`. Raises Misconfigured, naming the file and the way on."""
    path = home / FILE
    try:
        config = msgspec.json.decode(path.read_bytes(), type=Config)
    except FileNotFoundError:
        raise Misconfigured(f"there is no wallet in {home}. Make one with: freerange init --home {home}") from None
    except msgspec.ValidationError as fault:
        raise Misconfigured(f"{path}: {fault}. Mend that setting; nothing was started.") from None
    except msgspec.DecodeError as fault:
        raise Misconfigured(f"{path} is not JSON ({fault}). Mend it by hand; nothing was started.") from None
    check(config)
    return config


class Placed(msgspec.Struct, frozen=True):
    """What must be known of the settings before anything runs: where the wallet is, and in which loop."""

    store: str = ""
    loop: str = "asyncio"


def placed(home: Path) -> Placed:
    """These settings, before any other is looked at; as if they were not set, too, if they cannot be read."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=Placed)
    except (OSError, msgspec.DecodeError):
        return Placed()


def store_of(home: Path) -> str:
    """Where the wallet is, before anything else of the settings is looked at: "" for a file, or for nowhere yet."""
    return placed(home).store


def stored(config: Config, store: str, tenant: str) -> Config:
    """These settings for a wallet that is somewhere else. store: "" for a file; tenant: "" for what suits it."""
    if not store:
        return replace(config, store="", tenant="")
    own = config.domain if config.kind == "org" else config.name
    return replace(config, store=without_password(store), tenant=tenant or own)


def without_password(url: str) -> str:
    """The address of a database, as a setting has it."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    who, _, where = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{who.partition(':')[0]}@{where}"))


def password_of(url: str) -> str:
    """The password in the address of a database; "" if there is none."""
    return unquote(urlsplit(url).password or "")


def write(home: Path, config: Config) -> None:
    """Put the settings in place, whole: the old file stays until the new one is complete."""
    check(config)
    path = home / FILE
    draft = path.with_suffix(".new")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
    # failpoint: config.before-replace
    draft.replace(path)


def check(config: Config) -> None:
    """Raise Misconfigured if these settings cannot work, or would be unsafe."""
    places = (
        ("listen", config.listen),
        ("api", config.api),
        ("metrics", config.metrics),
        ("integrations", config.integrations),
    )
    for name, value in places:
        if not value and name != "api":
            continue
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise Misconfigured(f'setting "{name}" is {value!r}; it must be host:port, like 127.0.0.1:8080')
    if config.bridges and config.kind != "org":
        raise Misconfigured('setting "bridges" is for an organisation, which has systems of its own; leave it empty')
    check_rights(config)
    check_store(config)
    check_address(config)
    if not is_loopback(config.api.rpartition(":")[0]):
        raise Exposed(f'setting "api" is {config.api!r}; the API of the owner listens on this computer only')
    if config.metrics and not config.metrics_for_all and not is_loopback(config.metrics.rpartition(":")[0]):
        raise Exposed(
            f'setting "metrics" is {config.metrics!r}, which others can reach; they would see how much this agent does.'
            " Listen on 127.0.0.1, or set metrics_for_all to true."
        )
    check_integrations(config)
    for proxy in config.trusted_proxies:
        if not is_network(proxy):
            raise Misconfigured(f'setting "trusted_proxies" has {proxy!r}; give addresses or networks, like 127.0.0.1')
    if bool(config.tls_certificate) != bool(config.tls_key):
        raise Misconfigured('settings "tls_certificate" and "tls_key" belong together; set both, or neither')


def check_store(config: Config) -> None:
    """Raise Misconfigured if it is not said, in one of the two ways, where the wallet is."""
    if bool(config.store) != bool(config.tenant):
        raise Misconfigured('settings "store" and "tenant" belong together; set both, or neither')
    if not config.store:
        return
    parts = urlsplit(config.store)
    if parts.scheme not in ("postgresql", "postgres"):
        raise Misconfigured('setting "store" must be the address of a PostgreSQL database: postgresql://USER@HOST/NAME')
    if parts.password:
        raise Misconfigured('setting "store" has a password in it; leave it out, and put it where PGPASSFILE names it')


def check_rights(config: Config) -> None:
    """Raise Misconfigured if it is not said how long an answer to a rights request may take."""
    for each in config.rights_within:
        _, equals, lasts = each.partition("=")
        if not equals or not end_of(0, lasts):
            raise Misconfigured(f'setting "rights_within" has {each!r}; write it like gdpr=P1M,ccpa=P45D')


def check_integrations(config: Config) -> None:
    """Raise Misconfigured if the API for an org's own systems could not listen so, or keys would travel in the open."""
    if config.integrations and config.kind != "org":
        raise Misconfigured('setting "integrations" is for the systems of an organisation; leave it empty')
    if config.integrations and not is_loopback(config.integrations.rpartition(":")[0]):
        raise Exposed(
            f'setting "integrations" is {config.integrations!r}, which others can reach, and keys would travel in the'
            " open. Listen on 127.0.0.1, and let a web server that speaks TLS pass on what comes from elsewhere."
        )


def check_address(config: Config) -> None:
    """Raise Misconfigured if others could not reach us as these settings say."""
    if config.mediates and config.kind != "org":
        raise Misconfigured('setting "mediates" is for an organisation, which others find by its domain; turn it off')
    if not config.url:
        if config.kind == "org":
            raise Misconfigured('setting "url" is empty; an organisation is reached at its own address')
        return
    if not config.listen:
        raise Misconfigured('setting "listen" is empty; to have no address, and a mediator, empty "url" first')
    scheme = urlsplit(config.url).scheme
    if config.development:
        for name, host in (("listen", config.listen.rpartition(":")[0]), ("url", urlsplit(config.url).hostname or "")):
            if not is_loopback(host):
                raise Exposed(f'development mode is for this computer only, but "{name}" is {host}; turn it off')
    elif scheme != "https":
        raise Misconfigured(f'setting "url" is {config.url!r}; others must reach you by https (or set development)')


def is_loopback(host: str) -> bool:
    """Whether `host` is this computer, by name or number."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_network(text: str) -> bool:
    """Whether `text` is an IP address, or a network in its usual form."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
