"""The rules of customers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from modules.customers.config import CustomersConfig
from modules.customers.errors import CustomerIsArchived, CustomerNotFound, DuplicateExternalId
from modules.customers.models import Customer
from modules.customers.repository import CustomerRepository
from modules.tenancy.api import require_store
from server.context import Context
from server.graphql.ids import global_id
from server.graphql.results import ValidationError
from server.platforms.configuration import module_config

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
LONGEST_EMAIL = 254
LONGEST_TEXT = 200


async def create_customer(
    ctx: Context, *, store_id: int, name: str | None, email: str | None, external_id: str | None = None
) -> Customer:
    """Add a customer to a store. Raises `StoreNotFound`, `ValidationError`, `DuplicateExternalId`."""
    store = await require_store(ctx, store_id)
    config = await _config(ctx)
    name, email, external_id = _cleaned(name), _cleaned_email(email), _cleaned(external_id)
    _check(name=name, email=email, external_id=external_id, email_required=config.require_email)
    customer = await CustomerRepository(ctx).insert_new(
        merchant_id=store.merchant_id,
        store_id=store.id,
        external_id=external_id,
        name=name,
        email=email,
        created_at=ctx.clock.now(),
    )
    if customer is None:
        raise DuplicateExternalId(f"Another customer of this platform has the external id {external_id}.")
    ctx.audit("customers.create_customer", subject=_subject(customer), after=_values(customer))
    return customer


async def update_customer(ctx: Context, *, customer_id: int, changes: Mapping[str, str | None]) -> Customer:
    """Change `name`, `email` or both; a None forgets it. Raises `CustomerNotFound`, `CustomerIsArchived`,
    `ValidationError`."""
    customer = await _locked(ctx, customer_id)
    config = await _config(ctx)
    name = _cleaned(changes.get("name", customer.name))
    email = _cleaned_email(changes.get("email", customer.email))
    _check(name=name, email=email, external_id=None, email_required=config.require_email)
    before = _values(customer)
    customer.name, customer.email = name, email
    if _values(customer) != before:
        await ctx.session.flush()
        after = _values(customer)
        ctx.audit("customers.update_customer", subject=_subject(customer), before=before, after=after)
    return customer


async def archive_customer(ctx: Context, *, customer_id: int) -> Customer:
    """Put a customer aside: kept, and no longer counted from now on. Raises as `update_customer`."""
    customer = await _locked(ctx, customer_id)
    customer.archived_at = ctx.clock.now()
    await ctx.session.flush()
    ctx.audit("customers.archive_customer", subject=_subject(customer))
    return customer


async def _config(ctx: Context) -> CustomersConfig:
    return cast(CustomersConfig, (await module_config(ctx, "customers")).values)


async def _locked(ctx: Context, customer_id: int) -> Customer:
    customer = await CustomerRepository(ctx).lock(customer_id)
    if customer is None:
        raise CustomerNotFound("There is no such customer within your reach.")
    if customer.archived_at is not None:
        raise CustomerIsArchived(f"The customer was archived on {customer.archived_at:%Y-%m-%d}.")
    return customer


def _check(*, name: str | None, email: str | None, external_id: str | None, email_required: bool) -> None:
    problems: list[tuple[str, str]] = []
    for field, value in (("name", name), ("externalId", external_id)):
        if value and len(value) > LONGEST_TEXT:
            problems.append((field, f"has {len(value)} characters, at most {LONGEST_TEXT} fit"))
        if value and not value.isprintable():
            problems.append((field, "holds characters that cannot be printed, such as line breaks"))
    if email is None and email_required:
        problems.append(("email", "is missing, and this platform requires one"))
    if email is not None and not is_email(email):
        problems.append(("email", "is not an e-mail address"))
    if problems:
        sentences = "; ".join(f"{field} {problem}" for field, problem in problems)
        raise ValidationError(f"Correct these values: {sentences}.", problems)


def is_email(value: str) -> bool:
    """Whether `value` has the form of an address; whether anybody reads there is another question."""
    return len(value) <= LONGEST_EMAIL and value.isprintable() and EMAIL.fullmatch(value) is not None


def _cleaned(value: str | None) -> str | None:
    return (value or "").strip() or None


def _cleaned_email(value: str | None) -> str | None:
    cleaned = _cleaned(value)
    return cleaned.lower() if cleaned else None


def _subject(customer: Customer) -> str:
    return global_id("Customer", customer.id)


def _values(customer: Customer) -> dict[str, str | None]:
    return {"external_id": customer.external_id, "name": customer.name, "email": customer.email}
