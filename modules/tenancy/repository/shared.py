"""What the lists of merchants, stores and memberships have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_
from sqlalchemy.dialects.postgresql import insert

from modules.tenancy.models import Merchant, Store

CountOf = Callable[[int], Awaitable[int]]


def matching(
    statement: Select[Any],
    model: type[Merchant] | type[Store],
    search: str | None,
    created_after: datetime | None,
    created_before: datetime | None,
) -> Select[Any]:
    if search:
        contains = [column.icontains(search, autoescape=True) for column in (model.name, model.external_id)]
        statement = statement.where(or_(*contains))
    if created_after is not None:
        statement = statement.where(model.created_at >= created_after)
    if created_before is not None:
        statement = statement.where(model.created_at < created_before)
    return statement


def insert_unless_taken(model: type[Merchant] | type[Store], platform_id: int, values: dict[str, Any]) -> Any:
    return (
        insert(model)
        .values(platform_id=platform_id, **values)
        .on_conflict_do_nothing(index_elements=["platform_id", "external_id"])
        .returning(model)
    )
