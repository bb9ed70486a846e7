"""What pages are read with finds what it is to find: one fault of each kind, and none in a page without."""

from collections.abc import Callable, Iterator

import pytest

from tests.agent.web.pages.reading import Read, dangers, forbidden, structure

GOOD = """
<nav aria-label="Pages"><details open><summary>Pages</summary><h2>Today</h2><a href="#/">Home</a></details></nav>
<main><article data-title="Cards"><h1 tabindex="-1">Cards</h1><h2>Mine</h2><h3>Old</h3>
<p>She did what the Library asked on 3 March 2027. None of it was lost; write to a/b about 24/7 help.</p>
<p><bdi class="said">Member card</bdi> <code>01-A</code></p>
<details><summary>Details</summary>
<p>JSON, did:peer:4z, 2027-03-01T00:00:00Z, /addresses/home, dpv:Marketing</p></details>
<form data-post="/x"><label for="f">Name</label><input id="f" name="f" value="2027-03-01" aria-describedby="h">
<small id="h">?</small>
<label class="tick"><input type="checkbox" name="a"><span>All</span></label><input type="hidden" name="b">
<button>Save</button></form>
<table aria-label="Values"><thead><tr><th scope="col">What</th></tr></thead><tbody><tr><td>x</td></tr></tbody></table>
<svg aria-hidden="true"><path d="M0 0"/></svg><img src="blob:x" alt=""></article></main>
"""

Check = Callable[[Read], Iterator[str]]


@pytest.mark.parametrize("check", [forbidden, structure, dangers])
def test_a_page_as_it_should_be_has_nothing_wrong(check: Check) -> None:
    assert list(check(Read(GOOD))) == []


@pytest.mark.parametrize(
    "words",
    [
        "your DID",
        "as JSON",
        "DIDComm",
        "an SD-JWT",
        "a JWT",
        "the thread",
        "Threads",
        "its schema",
        "the digest",
        "a hash",
        "this protocol",
        "the endpoint",
        "payloads",
        "pairwise",
        "a Credential",
        "the URI",
        "a field pointer",
        "did:peer:4z",
        "0123456789abcdef0123456789abcdef",
        "uEiA8yQ_rVv5YfPPe2eacnmtBar4CbdjoyJJ8uXrFxUwzqQ",
        "until 2027-03-01T00:00:00Z",
        "until 2027-03-01",
        "for P30D",
        "your /addresses/home",
        "for dpv:ServiceProvision",
        "urn:card:member",
        "None",
        "Kept: None",
        "True",
        "{'a': 1}",
        "undefined",
    ],
)
def test_a_word_that_nobody_need_know_is_found(words: str) -> None:
    assert list(forbidden(Read(GOOD.replace("<h3>Old</h3>", f"<h3>Old</h3><p>{words}</p>"))))
    assert list(forbidden(Read(GOOD.replace('aria-label="Values"', f'aria-label="{words}"'))))
    assert not list(forbidden(Read(GOOD.replace("<p>JSON,", f"<p>{words}"))))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("<h1 ", "<h2 "),
        ("<h2>Mine</h2>", "<h1>Mine</h1>"),
        ("<h2>Mine</h2>", ""),
        ('for="f"', 'for="g"'),
        ("<span>All</span>", "<span></span>"),
        ('id="h"', 'id="f"'),
        ('aria-label="Values"', ""),
        (' scope="col"', ""),
        ("<button>Save", "<button>"),
        ('href="#/">Home', 'href="#/">'),
        (' aria-hidden="true"', ""),
        ("</form>", ""),
        ("</article>", "</div></article>"),
    ],
)
def test_what_cannot_be_heard_or_worked_is_found(was: str, now: str) -> None:
    assert was in GOOD
    assert list(structure(Read(GOOD.replace(was, now, 1))))


@pytest.mark.parametrize(
    "element",
    [
        "<script></script>",
        "<style></style>",
        "<iframe></iframe>",
        "<meta>",
        "<p style='x'>x</p>",
        "<p onclick='x'>x</p>",
        "<img src='https://x.example/' alt=''>",
        "<img src='data:image/png;base64,' alt=''>",
        "<a href='https://x.example/'>x</a>",
        "<a href='javascript:x'>x</a>",
        "<a href='/v1/status'>x</a>",
        "<form action='/x'></form>",
        "<a href='#/' target='_blank'>x</a>",
    ],
)
def test_what_the_browser_would_refuse_or_fetch_is_found(element: str) -> None:
    assert list(dangers(Read(GOOD.replace("<h3>Old</h3>", element))))


def test_what_a_question_says_is_read_by_its_marks() -> None:
    page = Read("<main><b data-says='who'>The <i>shop</i></b><p data-says='why'> </p></main>")

    assert page.says() == {"who": "The shop", "why": ""}
