"""Inviting: a code for the counter, a link for the web page, a poster for the wall."""

from typing import Final

from agent.web.pages.page import File, Go, Page, Shown, Visit

LASTING: Final = (("0", "until we take it back"), ("1", "for a day"), ("7", "for a week"), ("30", "for a month"))
DAY: Final = 86400


async def invitations(visit: Visit) -> Shown:
    """The invitations that stand, and a new one."""
    found = [each for each in await visit.get("/v1/invitations") if not each["mediation"]]
    return Shown("invite", {"listed": visit.slice(found), "lasting": LASTING, "who": visit.agent.config.name})


async def invite(visit: Visit) -> Go:
    """A new invitation."""
    days = visit.text("days", "0")
    lasts = int(days) * DAY if days.isascii() and days.isdecimal() and len(days) < 4 else 0
    goal = visit.text("goal") or f"Be a customer of {visit.agent.config.name}"
    made = await visit.post("/v1/invitations", goal=goal, once=bool(visit.chosen("once")), lasts=lasts)
    return Go(f"/invite/{made['id']}", "The invitation is made. Show the code, or give the link.")


async def invitation(visit: Visit, id: str) -> Shown:
    """One invitation, as code, link and poster."""
    config = visit.agent.config
    found = await visit.get("/v1/invitations", id)
    return Shown("invitation", {"each": found, "who": config.name, "domain": config.domain})


async def picture(visit: Visit, id: str) -> File:
    """The code as a drawing, to put into other papers."""
    from io import BytesIO

    import segno

    found, drawn = await visit.get("/v1/invitations", id), BytesIO()
    segno.make(found["url"], micro=False).save(drawn, kind="svg", scale=8, border=4)
    return File("invitation.svg", "image/svg+xml", drawn.getvalue())


async def revoke(visit: Visit, id: str) -> Go:
    """Take an invitation back."""
    await visit.post(f"/v1/invitations/{id}/revoke")
    return Go("/invite", "The invitation is taken back. Whoever met you by it stays your customer.")


PAGES = (
    Page("GET", "/invite", invitations, "org"),
    Page("POST", "/invite", invite, "org"),
    Page("GET", "/invite/{id}", invitation, "org"),
    Page("GET", "/invite/{id}/picture", picture, "org"),
    Page("POST", "/invite/{id}/revoke", revoke, "org"),
)
