"""The pages about others: whom she knows, what left and when, and how the two sides compare."""

from agent.web.pages import audit, grouping, history, leave, relationship, relationships
from agent.web.pages.page import Page

PAGES: tuple[Page, ...] = tuple(
    each for subject in (relationships, relationship, leave, grouping, history, audit) for each in subject.PAGES
)
