"""How customers are stored and found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, any_, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from modules.customers.models import Customer
from server.db.paging import Order, Page, fetch_page, fetch_pages
from server.db.repository import MOST_READING, Repository
from server.db.statements import Row
from server.db.values import IDS
from server.db.written import Members

Parent = InstrumentedAttribute[int]
"""The column a list of customers hangs on: `Customer.store_id` or `Customer.merchant_id`."""

SORTABLE = {"created_at": Customer.created_at, "name": func.coalesce(Customer.name, "")}
ORDERS = {
    (name, descending): Order(
        f"customers.{name}.{'desc' if descending else 'asc'}", column, Customer.id, descending
    )
    for name, column in SORTABLE.items()
    for descending in (False, True)
}
"""The orders of a list of customers, by column and whether it descends."""


@dataclass(frozen=True, slots=True)
class CustomerCriteria:
    """Which customers to list. `search` is part of the name or e-mail address, or the whole external id;
    times are half-open [after, before); `archived` None lists both kinds."""

    search: str | None = None
    store_id: int | None = None
    merchant_id: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    archived: bool | None = False

    def apply(self, statement: Select[Any]) -> Select[Any]:
        """`statement` limited to what the filter asks for."""
        if self.search:
            named = [c.icontains(self.search, autoescape=True) for c in (Customer.name, Customer.email)]
            statement = statement.where(or_(*named, Customer.external_id == self.search))
        if self.store_id is not None:
            statement = statement.where(Customer.store_id == self.store_id)
        if self.merchant_id is not None:
            statement = statement.where(Customer.merchant_id == self.merchant_id)
        if self.created_after is not None:
            statement = statement.where(Customer.created_at >= self.created_after)
        if self.created_before is not None:
            statement = statement.where(Customer.created_at < self.created_before)
        if self.archived is not None:
            statement = statement.where(Customer.archived_at.is_not(None) == self.archived)
        return statement


IN_USE = CustomerCriteria()
"""What is listed when nothing is said."""


class CustomerRepository(Repository[Customer]):
    """Customers."""

    model = Customer

    async def insert_new(
        self,
        *,
        merchant_id: int,
        store_id: int,
        external_id: str | None,
        name: str | None,
        email: str | None,
        created_at: datetime,
    ) -> Customer | None:
        """A new customer; None when the external id is taken."""
        statement = (
            insert(Customer)
            .values(
                platform_id=self.platform_id,
                merchant_id=merchant_id,
                store_id=store_id,
                external_id=external_id,
                name=name,
                email=email,
                created_at=created_at,
            )
            .on_conflict_do_nothing(index_elements=["platform_id", "external_id"])
            .returning(Customer)
        )
        customer: Customer | None = (await self.session.execute(statement)).scalar_one_or_none()
        return customer

    async def lock(self, id: int) -> Customer | None:
        """The customer, as nobody else changes it before this transaction ends."""
        statement = self.owned().where(Customer.id == id).with_for_update()
        return await self.one(statement.execution_options(populate_existing=True))

    async def page(
        self,
        wanted: CustomerCriteria,
        order: Order,
        *,
        first: int | None,
        after: str | None,
        columns: tuple[str, ...] = (),
    ) -> Page[Row]:
        """A page of the customers (or those columns) within reach."""
        return await fetch_page(
            self.session, self._listed(wanted, columns), order, first=first, after=after, values=self.reach
        )

    async def pages(
        self,
        parent: Parent,
        parent_ids: Sequence[int],
        wanted: CustomerCriteria,
        order: Order,
        *,
        first: int | None,
        after: str | None,
        count_of: Callable[[int], Awaitable[int]],
        columns: tuple[str, ...] = (),
        members: Members | None = None,
    ) -> dict[int, Page[Row]]:
        """A page for each store or merchant, all in one statement."""
        return await fetch_pages(
            self.session,
            self._listed(wanted, columns),
            parent,
            parent_ids,
            order,
            first=first,
            after=after,
            count_of=count_of,
            values=self.reach,
            members=members,
        )

    async def counts(
        self, parent: Parent, parent_ids: Iterable[int], wanted: CustomerCriteria
    ) -> dict[int, int]:
        """How many customers each store or merchant has; those without any are absent."""
        counted = self.selecting(
            parent.label("parent_id"), func.count().label("customers"), everything=self.caller.sees_everything
        )
        statement = wanted.apply(counted).where(parent == any_(IDS)).group_by(parent)
        rows = await self.rows(statement, {**self.reach, "ids": list(parent_ids)})
        return {row.parent_id: row.customers for row in rows}

    def _listed(self, wanted: CustomerCriteria, columns: tuple[str, ...]) -> Select[Any]:
        """The customers to list; what clients list without a filter is a statement made once."""
        customers = self.reading(columns)
        return _in_use(customers) if wanted == IN_USE else wanted.apply(customers)


@lru_cache(MOST_READING)
def _in_use(customers: Select[Any]) -> Select[Any]:
    return IN_USE.apply(customers)
