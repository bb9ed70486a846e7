"""Looking at the owner's pages and sending their forms, without a browser."""

import msgspec

from agent.agent import Agent
from agent.web.pages import visiting
from agent.web.pages.page import Fault, File, Go


async def seen(agent: Agent, path: str, **query: str) -> str:
    """A page as HTML; a refusal fails the test."""
    status, made = await visiting.answer(agent, "GET", path, query, b"")
    assert status == 200, made
    assert isinstance(made, str)
    return made


async def saved(agent: Agent, path: str) -> File:
    """A file from a page; a refusal fails the test."""
    status, made = await visiting.answer(agent, "GET", path, {}, b"")
    assert status == 200, made
    assert isinstance(made, File)
    return made


async def sent(agent: Agent, path: str, **form: object) -> Go:
    """Where a form leads; a refusal fails the test."""
    status, made = await visiting.answer(agent, "POST", path, {}, msgspec.json.encode(form))
    assert status == 200, made
    assert isinstance(made, Go)
    return made


async def refused(agent: Agent, path: str, **form: object) -> str:
    """Why a form was refused; a success fails the test."""
    status, made = await visiting.answer(agent, "POST", path, {}, msgspec.json.encode(form))
    assert status != 200, made
    assert isinstance(made, Fault)
    return made.error


async def filled(agent: Agent, path: str, **form: object) -> str:
    """A form that leads to a page at once, as HTML; a refusal fails the test."""
    status, made = await visiting.answer(agent, "POST", path, {}, msgspec.json.encode(form))
    assert status == 200, made
    assert isinstance(made, str)
    return made
