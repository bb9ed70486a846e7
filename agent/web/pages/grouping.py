"""Groups: tags of hers and rules with a name, who belongs to them, and what is done with all of them at once."""

from typing import Any, Final

from agent.web.pages.page import PAGE_SIZE, Failed, Go, Page, Shown, Visit, cut
from agent.web.pages.text import bare
from agent.web.routes import quoted

KINDS: Final = (
    ("vendor", "vendors"),
    ("agency", "agencies"),
    ("official", "officials"),
    ("club", "clubs"),
    ("church", "churches"),
    ("charity", "charities"),
    ("other", "others"),
)
AGES: Final = (("30d", "30 days"), ("6m", "half a year"), ("1y", "a year"), ("2y", "two years"))
FIELDS: Final = (
    ("name", "my name"),
    ("address", "an address of mine"),
    ("email", "an e-mail address of mine"),
    ("phone", "a phone number of mine"),
)
TERMS: Final = (("any", "terms are in force"), ("none", "no terms are in force"))
ALL: Final = (("", "it does not matter"),)


async def groups(visit: Visit) -> Shown:
    """Every tag and every group that has a name, with how many belong."""
    return Shown(
        "groups",
        {
            "tags": visit.slice(await visit.get("/v1/tags")),
            "groups": await visit.get("/v1/groups"),
            "choices": {
                "kind": (*ALL, *KINDS),
                "unused": (*ALL, *AGES),
                "holds": (*ALL, *FIELDS),
                "terms": (*ALL, *TERMS),
            },
        },
    )


def rule_of(visit: Visit) -> str:
    """The rule that was chosen part by part, or typed whole. Raises Failed."""
    typed = visit.text("rule")
    if typed:
        return typed
    parts = [f"{name}:{visit.text(name)}" for name in ("tag", "kind", "unused", "holds", "terms") if visit.text(name)]
    if not parts:
        raise Failed(400, "Choose at least one thing by which they are found. Nothing was changed.")
    return " and ".join(parts)


async def define(visit: Visit) -> Go:
    """Give a rule a name."""
    name, rule = visit.text("name"), rule_of(visit)
    if not name:
        return Go(f"/groups/{quoted(rule)}")
    made = await visit.post("/v1/groups", name=name, rule=rule)
    return Go(f"/groups/{quoted(made['name'])}", f"The group {made['name']} has {made['count']} in it now.")


async def group(visit: Visit, rule: str) -> Shown:
    """Who belongs to a group, or fits a rule."""
    number = visit.part()
    found = await visit.post("/v1/groups/members", rule=rule, start=(number - 1) * PAGE_SIZE, most=PAGE_SIZE)
    known = {each["name"]: each["rule"] for each in await visit.get("/v1/groups")}
    return Shown(
        "group",
        {
            "rule": rule,
            "plain": bare(rule, 80),
            "is": in_words(known.get(rule, rule)),
            "named": rule in known,
            "listed": cut(found["members"], number, found["count"]),
            "path": f"/groups/{quoted(rule)}",
        },
    )


def in_words(rule: str) -> str:
    """A rule as people say it; what is no rule of a single kind stands as it is."""
    known: dict[str, Any] = {
        "kind": {value: f"they are {words}" for value, words in KINDS},
        "unused": {value: f"nothing was said for {words}" for value, words in AGES},
        "holds": {value: f"they hold {words}" for value, words in FIELDS},
        "terms": dict(TERMS),
    }

    def one(term: str) -> str:
        word, _, value = term.partition(":")
        if word == "tag":
            return f"they have your tag “{value}”"
        if word == "name":
            return f"their name contains “{value}”"
        return str(known.get(word, {}).get(value, term)) if value else "everybody" if term == "all" else term

    return " or ".join(" and ".join(map(one, each.split(" and "))) for each in rule.split(" or "))


async def forget(visit: Visit, rule: str) -> Go:
    """Remove a group's name; nobody in it is touched."""
    await visit.post("/v1/groups/remove", name=rule)
    return Go("/groups", f"The group {rule} is gone. Nobody who was in it was touched.")


PAGES = (
    Page("GET", "/groups", groups, "person"),
    Page("POST", "/groups", define, "person"),
    Page("GET", "/groups/{rule}", group, "person"),
    Page("POST", "/groups/{rule}/forget", forget, "person"),
)
