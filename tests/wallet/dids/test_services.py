import pytest

from wallet.dids.document import Document, read
from wallet.dids.services import Endpoint, Service, at, read_service, write_service, write_services
from wallet.errors import Malformed
from wallet.strict_json import Json, JsonObject

DID = "did:web:a.example"


def a_service(endpoint: Json, **members: Json) -> JsonObject:
    return {"id": "#s", "type": "DIDCommMessaging", "serviceEndpoint": endpoint, **members}


def document_with(*services: Json) -> Document:
    return read({"id": DID, "service": list(services)}, DID)


@pytest.mark.parametrize(
    ("raw", "endpoints"),
    [
        (a_service("https://a.example"), (Endpoint("https://a.example", ()),)),
        (
            a_service("https://a.example", accept=["didcomm/v2"], routingKeys=["did:key:z#z"]),
            (Endpoint("https://a.example", ("didcomm/v2",), ("did:key:z#z",)),),
        ),
        (
            a_service({"uri": "https://a.example", "accept": ["x"], "routingKeys": ["did:key:z#z"]}),
            (Endpoint("https://a.example", ("x",), ("did:key:z#z",)),),
        ),
        (
            a_service([{"uri": "https://a.example"}, "wss://a.example"]),
            (Endpoint("https://a.example", ()), Endpoint("wss://a.example", ())),
        ),
        (a_service({"origins": ["https://a.example"]}, type="LinkedDomains"), ()),
        (a_service([]), ()),
    ],
)
def test_an_endpoint_is_read_in_every_form(raw: JsonObject, endpoints: tuple[Endpoint, ...]) -> None:
    assert read_service(raw, DID).endpoints == endpoints


def test_ids_become_absolute_and_other_uris_stay() -> None:
    assert read_service(a_service("https://a.example"), DID).id == f"{DID}#s"
    assert read_service(a_service("https://a.example", id="urn:x:y"), DID).id == "urn:x:y"


def test_a_service_of_several_types_is_for_didcomm_if_one_is() -> None:
    assert read_service(a_service("https://a.example", type=["X", "DIDCommMessaging"]), DID).type == "DIDCommMessaging"
    assert read_service(a_service("https://a.example", type=["X", "Y"]), DID).type == "X"


@pytest.mark.parametrize(
    "raw",
    [
        "x",
        None,
        {},
        a_service("https://a.example", id=None),
        a_service("https://a.example", id="s"),
        a_service("https://a.example", type=None),
        a_service("https://a.example", type=[]),
        a_service("https://a.example", type=[1]),
        a_service(""),
        a_service("https://a.example/" + "x" * 2048),
        a_service({"uri": "https://a.example", "accept": "didcomm/v2"}),
        a_service({"uri": "https://a.example", "routingKeys": [{}]}),
        a_service({"uri": "https://a.example", "routingKeys": ["did:key:z#z"] * 9}),
        a_service([{"uri": "https://a.example"}] * 9),
    ],
)
def test_a_service_of_another_shape_or_size_is_malformed(raw: Json) -> None:
    with pytest.raises(Malformed):
        read_service(raw, DID)


def test_messages_go_to_the_first_endpoint_that_accepts_didcomm_v2() -> None:
    document = document_with(
        a_service("https://no.example", id="#1", type="LinkedDomains"),
        a_service({"uri": "https://old.example", "accept": ["didcomm/aip2;env=rfc19"]}, id="#2"),
        a_service(
            [
                {"uri": "https://v3.example", "accept": ["didcomm/v3"]},
                {"uri": "https://v2.example", "accept": ["x", "didcomm/v2"]},
            ],
            id="#3",
        ),
        a_service("https://any.example", id="#4"),
    )

    assert document.endpoint() == Endpoint("https://v2.example", ("x", "didcomm/v2"))


def test_an_endpoint_that_names_no_profile_accepts_any() -> None:
    assert document_with(a_service("https://any.example")).endpoint() == Endpoint("https://any.example", ())


def test_without_an_endpoint_there_is_none() -> None:
    assert document_with().endpoint() is None
    assert document_with(a_service("https://a.example", accept=["didcomm/aip1"])).endpoint() is None


def test_what_we_write_we_read() -> None:
    service = at("https://a.example/didcomm", "did:web:mediator.example#key-2")

    assert read_service(write_service(service), DID) == Service(f"{DID}#service", service.type, service.endpoints)


def test_services_that_share_a_name_are_numbered() -> None:
    written = write_services([at("https://a.example"), at("wss://a.example"), at("https://b.example")], DID)

    names = [one["id"] for one in written if isinstance(one, dict)]
    assert names == [f"{DID}#service", f"{DID}#service-1", f"{DID}#service-2"]
