"""Who switched which modules."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from server.auth.audience import ADMINS
from server.auth.models import UserAccount
from server.graphql.connections import Connection, connection
from server.graphql.fields import field, query_field
from server.graphql.ids import global_id
from server.graphql.info import Info
from server.platforms.graphql.graph import graph
from server.platforms.history import accounts_by_id, module_history
from server.platforms.models import ModuleChange as Row
from server.platforms.permissions import MANAGE_MODULES


@strawberry.enum(description="What was done to a module.")
class ModuleAction(Enum):
    ENABLED = strawberry.enum_value("enabled", description="It was switched on.")
    DISABLED = strawberry.enum_value("disabled", description="It was switched off.")


@strawberry.type(description="A module was switched. Changes made together share a group.")
class ModuleChange:
    user_id: strawberry.Private[int | None]
    id: strawberry.ID = strawberry.field(description="Names this change.")
    module: str = strawberry.field(description="Code of the module.")
    action: ModuleAction = strawberry.field(description="What was done.")
    at: datetime = strawberry.field(description="When.")
    group: strawberry.ID = strawberry.field(description="The same for all changes made by one action.")
    reason: str | None = strawberry.field(description="Why, in the words of who did it.")

    @field(description="Name of the person who did it; null when the system did.")
    async def user_name(self, info: Info) -> str | None:
        account = await _account(info, self.user_id)
        return account.name if account else None

    @field(description="E-mail address of the person who did it; null when the system did.")
    async def user_email(self, info: Info) -> str | None:
        account = await _account(info, self.user_id)
        return account.email if account else None


@graph.query(audience=ADMINS)
class HistoryQuery:
    @query_field(
        description="Who switched which modules of the platform, newest first.", permission=MANAGE_MODULES
    )
    async def module_history(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many, 1 to 100; 20 when left out.")
        ] = None,
        after: Annotated[str | None, strawberry.argument(description="Those behind this cursor.")] = None,
    ) -> Connection[ModuleChange]:
        return connection(await module_history(info.context, first=first, after=after), to_change)


def to_change(row: Row) -> ModuleChange:
    return ModuleChange(
        user_id=row.user_id,
        id=strawberry.ID(global_id("ModuleChange", row.id)),
        module=row.module_code,
        action=ModuleAction(row.action),
        at=row.at,
        group=strawberry.ID(row.group_id),
        reason=row.reason,
    )


async def _account(info: Info, user_id: int | None) -> UserAccount | None:
    return await info.context.loader(accounts_by_id).load(user_id) if user_id is not None else None
