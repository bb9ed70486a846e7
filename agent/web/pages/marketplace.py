"""Going to market: the pages of her wants and her rules, and of an organisation's demand."""

from agent.web.pages import brokering, casting, choosing, demand, pooling, prices, rules, wants

PAGES = (
    *wants.PAGES,
    *casting.PAGES,
    *choosing.PAGES,
    *pooling.PAGES,
    *rules.PAGES,
    *prices.PAGES,
    *brokering.PAGES,
    *demand.PAGES,
)
