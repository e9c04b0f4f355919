"""Document every metric."""

from server.metrics.reference import PAGE, render
from server.platforms.installed import installed
from tests.server.metrics.shops import definitions


def test_the_page_says_what_the_modules_declare() -> None:
    written = PAGE.read_text("utf-8")

    assert written == render(installed().definitions), "write it again: python -m server.metrics.reference"


def test_a_ratio_names_what_it_divides() -> None:
    page = render(definitions())

    assert (
        """### Sales per store

`shops.sales_per_store`: How many sales per store.

- Field: `platformMetrics { shops { salesPerStore } }`, `merchantMetrics { shops { salesPerStore } }`
- Unit: count per thing; good news: up; category: general
- Over time: ratio; over scopes: computed anew
- Computed from: `shops.sales / shops.stores`
- Null: there is no store
"""
        in page
    )
    assert "over scopes: counted anew, never added\n" in page
