"""Platforms as clients see them."""

from collections.abc import Iterable
from typing import Any, Self

import strawberry

from modules.tenancy.loaders import platforms_by_id
from server.context import PlatformRecord
from server.db.statements import Row
from server.graphql.info import Info


@strawberry.type(description="A product whose merchants, stores and settings are kept apart from all others.")
class Platform(strawberry.relay.Node):
    id: strawberry.relay.NodeID[int]
    code: str = strawberry.field(description="Its short name in addresses: /p/<code>/graphql.")
    name: str = strawberry.field(description="Its name for people.")
    timezone: str = strawberry.field(description="IANA time zone in which its days begin and end.")
    currency: str = strawberry.field(description="ISO 4217 code of its own currency.")

    @classmethod
    def of(cls, row: PlatformRecord | Row) -> Self:
        """The platform as clients see it."""
        return cls(id=row.id, code=row.code, name=row.name, timezone=row.timezone, currency=row.currency)

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> list[Any]:
        ids = [int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0 for id in node_ids]
        rows = await info.context.loader(platforms_by_id).load_many(ids)
        return [cls.of(row) if row is not None else None for row in rows]
