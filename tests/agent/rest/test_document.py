"""The OpenAPI document says what the API does: no more, no less."""

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from agent.__main__ import main
from agent.rest.desk import CALLS
from agent.rest.document import document
from tests.agent.rest.conftest import Shop
from tests.agent.rest.test_desk import NOTICE

DOCUMENT = document(CALLS)


def test_it_is_a_valid_openapi_document() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_a_document_that_is_not_valid_would_be_found() -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    broken["paths"]["/v1/threads"]["get"]["responses"] = {"200": {"content": {}}}

    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_it_names_every_call_and_its_scope() -> None:
    named = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert named == {(each.method, each.path) for each in CALLS}
    for call in CALLS:
        assert f"`{call.scope}`" in DOCUMENT["paths"][call.path][call.method.lower()]["description"]


def test_every_request_that_acts_is_to_carry_an_idempotency_key() -> None:
    for path, methods in DOCUMENT["paths"].items():
        needed = [each["name"] for each in methods.get("post", {}).get("parameters", ()) if each["required"]]
        assert ("Idempotency-Key" in needed) == ("post" in methods), path


async def test_answers_are_as_it_says(shop: Shop) -> None:
    await shop.world.agree(shop.her, shop.shop)
    said = await shop.crm.post("/v1/threads", {"relationship": shop.id, **NOTICE})
    await shop.world.settle()

    for path, template in (
        ("/v1/relationships", "/v1/relationships"),
        (f"/v1/relationships/{shop.id}", "/v1/relationships/{id}"),
        ("/v1/threads", "/v1/threads"),
        (f"/v1/threads/{said['thread']}", "/v1/threads/{thid}"),
    ):
        fits(await shop.crm.get(path), template, "get")
    fits(said, "/v1/threads", "post")
    fits((await shop.crm.call("GET", "/v1/threads/none"))[1], "/v1/threads/{thid}", "get", "404")


async def test_it_is_served_to_whoever_asks(shop: Shop) -> None:
    status, served = await shop.crm.desk.answer("GET", "/v1/openapi.json", {})

    assert (status, served) == (200, DOCUMENT)


def test_it_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api", "document"]) == 0

    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(DOCUMENT))


def fits(said: Any, path: str, method: str, status: str = "200") -> None:
    """Check an answer against the schema that the document gives for it."""
    shape = DOCUMENT["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**shape, "components": DOCUMENT["components"]}).validate(said)
