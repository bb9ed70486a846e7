"""Going to market: the pages of her wants."""

from agent.web.pages import casting, choosing, pooling, wants

PAGES = (*wants.PAGES, *casting.PAGES, *choosing.PAGES, *pooling.PAGES)
