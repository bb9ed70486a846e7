"""Going to market: the pages of her wants, and of an organisation's demand."""

from agent.web.pages import brokering, casting, choosing, demand, pooling, prices, wants

PAGES = (
    *wants.PAGES,
    *casting.PAGES,
    *choosing.PAGES,
    *pooling.PAGES,
    *prices.PAGES,
    *brokering.PAGES,
    *demand.PAGES,
)
