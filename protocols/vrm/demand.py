"""What is wanted and what is offered, in the words of schema.org. Source: vrm-protocols, section 5.6.

Prices are decimal strings: there are no floats anywhere. Only what is listed here is read, for nobody is bound by what
it cannot read; `more` takes what a kind of thing needs beyond it.
"""

from typing import Annotated

import msgspec

from protocols.machine import Time
from protocols.vrm.base import Duration, Part, Text

Price = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?\Z")]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


class Item(Part, frozen=True, tag_field="@type", tag="Product"):
    """schema.org/Product, as far as it describes a want or an offer. amount: how many; more: other features by name."""

    category: Text | None = None
    name: Text | None = None
    brand: Text | None = None
    model: Text | None = None
    gtin: Text | None = None
    description: Text | None = None
    amount: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    more: dict[Text, Text] | None = None


class Ceiling(Part, frozen=True, rename="camel"):
    """max_price: for all that is wanted, however many."""

    max_price: Price
    price_currency: Currency


class Demand(Part, frozen=True, tag_field="@type", tag="Demand", rename="camel"):
    """schema.org/Demand. eligible_region: coarse, an ISO 3166-2 code or a place name people share."""

    item_offered: Item
    eligible_region: Text
    availability_ends: Time | None = None
    price_specification: Ceiling | None = None


class Offer(Part, frozen=True, tag_field="@type", tag="Offer", rename="camel"):
    """schema.org/Offer. price: of all that is wanted, however many; delivery_lead_time: ISO 8601."""

    price: Price
    price_currency: Currency
    item_offered: Item | None = None
    delivery_lead_time: Duration | None = None
    warranty: Duration | None = None
    description: Text | None = None
