"""Tables as people and programs outside see them."""

import json

import protocols
from protocols.draw import as_json, diagram, notes, page, span, table
from protocols.standard.trust_ping import trust_ping
from protocols.vrm.terms import terms


def test_a_diagram_has_every_state_and_row() -> None:
    for protocol in protocols.tables():
        drawn = diagram(protocol)

        assert all(state.replace("-", "_") in drawn for state in protocol.states)
        assert drawn.count(" --> ") >= len(protocol.rows)


def test_a_table_marks_what_is_signed_binding_crossed_and_conditional() -> None:
    assert "| start | person | `proffer` ● ⏱ | proffered |" in table(terms)
    assert "| **ending-by-person** | org | `withdraw` ● (crossed) | **withdrawn** |" in table(terms)
    assert "| start | sender | `ping` [wants response] | awaiting-response |" in table(trust_ping)


def test_notes_say_who_waits_and_how_it_ends() -> None:
    assert notes(terms) == (
        "Committed: accepted (org), countered (org). Lapses: proffered (person, 30 d). "
        "Ends: declined, **withdrawn**, lapsed."
    )


def test_json_says_all_that_the_table_says() -> None:
    drawn = json.loads(json.dumps(as_json(terms)))

    assert drawn["family"] == drawn["table"] == "terms"
    assert drawn["roles"] == ["person", "org"]
    assert drawn["lapses"] == {"proffered": ["person", 2_592_000]}
    assert drawn["ends"] == ["declined", "withdrawn", "lapsed"]
    assert len(drawn["rows"]) == len(terms.rows)
    assert drawn["rows"][0] == {
        "when": ["start"],
        "by": "person",
        "says": "proffer",
        "only": None,
        "then": "proffered",
        "signed": True,
        "crossed": False,
        "expires": True,
        "meaning": "The person, as first party, puts agreements on the table.",
    }


def test_the_page_has_every_table_once() -> None:
    drawn = page(protocols.PROTOCOLS)

    assert all(drawn.count(f"### `{each.id}`\n") == 1 for each in protocols.tables())


def test_spans_are_for_people() -> None:
    assert [span(each) for each in (2_592_000, 7200, 300, 90)] == ["30 d", "2 h", "5 min", "90 s"]
