"""The pages about others: whom she knows, what left and when, and how the two sides compare."""

from agent.web.pages import grouping, history, leave, relationship, relationships
from agent.web.pages.page import Page

PAGES: tuple[Page, ...] = (*relationships.PAGES, *relationship.PAGES, *leave.PAGES, *grouping.PAGES, *history.PAGES)
