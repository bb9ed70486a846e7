"""What we sign in every family verifies with a VC library of others, and what it signs in our form verifies here."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from agent.json_values import as_json
from agent.ledger import family
from protocols import tables
from protocols.machine import Message, Protocol, Signed
from protocols.messages import encode, values_of
from protocols.vrm.base import VRM
from tests.protocols.samples import samples
from tests.wallet.signed_world import KEYS, KIDS, ORG, PERSON
from wallet import signed
from wallet.credentials.vcdm import timestamp
from wallet.dids import resolve
from wallet.errors import WalletError
from wallet.needs import offline
from wallet.signed_form import contexts
from wallet.strict_json import JsonObject

pytestmark = pytest.mark.interop

NOW = 1_780_000_000  # before now: the peer reads the real clock
THREAD = "7b1e4c0f9d2a4e6fb3a58c1d0e9f2a34"
DOCUMENTS = {f"{VRM}/context/v1": {"@context": {"@vocab": f"{VRM}#"}}}


def every_family() -> dict[str, tuple[Protocol, Message]]:
    """A signed message of each family, one that carries data if there is one."""
    found: dict[str, tuple[Protocol, Message]] = {}
    for table in tables():
        for row in table.rows:
            if table.uri.startswith(VRM) and issubclass(row.says, Signed):
                message = next(samples(row.says))
                if family(table) not in found or values_of(message):
                    found[family(table)] = table, message
    return found


FAMILIES = every_family()


Ask: TypeAlias = Callable[..., Any]


@pytest.fixture
def ask(interop: Path) -> Ask:
    """The other library: one object in, one object out."""
    folder = interop / "db-vc"
    if shutil.which("node") is None or not (folder / "node_modules").is_dir():
        pytest.skip(f"no interop peer at {folder}, or no node")

    def run(**asked: Any) -> Any:
        words = json.dumps({**asked, "documents": DOCUMENTS})
        done = subprocess.run(
            ("node", "cli.mjs"), cwd=folder, input=words, capture_output=True, text=True, timeout=60, check=True
        )
        return json.loads(done.stdout)

    return run


def subject(table: Protocol, message: Message, audience: str) -> JsonObject:
    """What an object says, without who says it."""
    body, _ = encode(message)
    values = values_of(message)
    said: JsonObject = {"thid": THREAD, "audience": audience, "seq": 1, "body": as_json(body)}
    salt = "q83vEjRWeJCrze8SNFZ4kA"
    return said | ({"data_digest": signed.digest_of_data(as_json(values), salt)} if values else {})


def type_of(table: Protocol, message: Message) -> str:
    """The type of the object that carries it."""
    return signed.type_name(family(table), message.name)


@pytest.mark.parametrize("name", FAMILIES)
def test_what_we_sign_verifies_there_and_altered_it_does_not(ask: Ask, name: str) -> None:
    table, message = FAMILIES[name]
    said = subject(table, message, ORG)
    digest = said.get("data_digest")
    ours = signed.make(
        base=VRM,
        type=type_of(table, message),
        id=signed.new_object_id(),
        kid=KIDS[PERSON],
        keys=KEYS,
        now=NOW,
        thid=THREAD,
        audience=ORG,
        seq=1,
        body=as_json(encode(message)[0]),
        data_digest=digest if isinstance(digest, str) else None,
    )
    altered = json.loads(json.dumps(ours))
    altered["credentialSubject"]["thid"] = "another-thread"

    good = ask(op="verify", credential=ours)
    assert good["verified"], good["error"]
    assert not ask(op="verify", credential=altered)["verified"]


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_signed_there_in_our_form_verifies_here_and_altered_it_does_not(ask: Ask, name: str) -> None:
    table, message = FAMILIES[name]
    made = ask(op="keygen", suite="eddsa-jcs-2022")
    plain = {
        "@context": contexts(VRM),
        "id": signed.new_object_id(),
        "type": ["VerifiableCredential", type_of(table, message)],
        "issuer": made["did"],
        "validFrom": timestamp(NOW),
        "credentialSubject": subject(table, message, PERSON),
    }
    theirs = ask(op="issue", suite="eddsa-jcs-2022", key=made["key"], credential=plain, created=timestamp(NOW))

    checked = check(theirs["credential"], table, message, made["did"])
    assert table.read(message.name, checked.body, encode(message)[1], values_of(message), signed=True) == message
    altered = json.loads(json.dumps(theirs["credential"]))
    altered["id"] = signed.new_object_id()
    with pytest.raises(WalletError, match="proof"):
        check(altered, table, message, made["did"])


def check(raw: JsonObject, table: Protocol, message: Message, issuer: str) -> signed.SignedObject:
    """The object as it would be checked when it is heard."""
    return offline(
        signed.check(
            raw,
            base=VRM,
            type=type_of(table, message),
            issuers=(issuer,),
            audience=(PERSON,),
            thid=THREAD,
            answers=lambda re: re is None,
            resolve=resolve,
        )
    )


def test_every_family_is_tried() -> None:
    assert len(FAMILIES) >= 11
