"""People who sign in, their sessions and keys, and what they did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

import strawberry
from strawberry.scalars import JSON

from modules.tenancy.loaders import accounts_by_id
from modules.tenancy.types.platforms import Platform
from server.auth import models
from server.context import Context
from server.db.statements import Row
from server.graphql.batched import batched, load_each
from server.graphql.ids import global_id
from server.graphql.info import Info


@strawberry.type(description="A person with an account.")
class User:
    id: strawberry.ID = strawberry.field(description="Stable id of the account.")
    email: str = strawberry.field(description="The address the person signs in with.")
    name: str = strawberry.field(description="The person's name.")


@strawberry.type(
    description="Who is asking, with which rights. For an API key: its creator, with its rights."
)
class Viewer:
    user: User | None = strawberry.field(description="The person; null for the system itself.")
    platform: Platform | None = strawberry.field(
        description="The platform of this request; null for an operator who named none."
    )
    roles: list[str] = strawberry.field(
        description="The roles held here: operator, platform_admin, merchant_member, store_staff."
    )
    permissions: list[str] = strawberry.field(description="Codes of what the caller may do here.")
    modules: list[str] = strawberry.field(description="Codes of the platform's enabled modules.")
    merchants: list[strawberry.ID] | None = strawberry.field(
        description="Ids of the merchants the caller sees with all their stores; null for every merchant."
    )
    stores: list[strawberry.ID] | None = strawberry.field(
        description="Ids of the single stores the caller sees besides; null for every store."
    )

    @classmethod
    def of(cls, ctx: Context) -> Self:
        """The caller of an operation."""
        caller = ctx.caller
        user = None
        if caller.user_id is not None:
            id_ = strawberry.ID(global_id("User", caller.user_id))
            user = User(id=id_, email=caller.email or "", name=caller.name or "")
        everything = caller.merchant_ids is None
        return cls(
            user=user,
            platform=Platform.of(ctx.platform) if ctx.platform else None,
            roles=list(caller.roles),
            permissions=sorted(caller.permissions),
            modules=sorted(ctx.modules),
            merchants=None if everything else _ids("Merchant", caller.merchant_ids or ()),
            stores=None if everything else _ids("Store", caller.store_ids),
        )


@strawberry.type(description="A sign-in that can still be used.")
class Session:
    id: strawberry.ID = strawberry.field(description="Stable id of the session.")
    created_at: datetime = strawberry.field(description="When it began.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to the minute.")
    expires_at: datetime = strawberry.field(description="When it ends unless it is used before.")
    is_current: bool = strawberry.field(description="Whether this request uses it.")

    @classmethod
    def of(cls, row: Row, current_id: int | None) -> Self:
        """The session as its owner sees it."""
        return cls(
            id=strawberry.ID(global_id("Session", row.id)),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            is_current=row.id == current_id,
        )


@strawberry.type(description="A key with which a program acts for its creator, within the key's scopes.")
class ApiKey:
    id: strawberry.ID = strawberry.field(description="Stable id of the key; it is no secret.")
    creator_id: strawberry.Private[int]
    name: str = strawberry.field(description="What its creator calls it.")
    prefix: str = strawberry.field(description="The first characters of its token, to recognise it by.")
    scopes: list[str] = strawberry.field(description="Codes of the permissions it may use.")
    created_at: datetime = strawberry.field(description="When it was created.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to the minute.")
    expires_at: datetime | None = strawberry.field(description="When it ends; null for never.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null while it works.")

    @batched(description="The person who created it and whose reach it has.")
    @staticmethod
    async def created_by(parents: Sequence["ApiKey"], info: Info) -> Sequence[User | None]:
        return await load_users(info, [key.creator_id for key in parents])

    @classmethod
    def of(cls, row: models.ApiKey | Row) -> Self:
        """The key as those who may manage it see it."""
        return cls(
            id=strawberry.ID(global_id("ApiKey", row.id)),
            creator_id=row.created_by,
            name=row.name,
            prefix=row.prefix,
            scopes=list(row.scopes),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


@strawberry.type(description="What somebody did. Entries are never changed.")
class AuditEntry:
    id: strawberry.ID = strawberry.field(description="Stable id of the entry.")
    user_id: strawberry.Private[int | None]
    at: datetime = strawberry.field(description="When.")
    actor_kind: str = strawberry.field(description="How they came: session, api_key or system.")
    action: str = strawberry.field(description="What they did, such as tenancy.create_store.")
    subject: str = strawberry.field(description="To what: an id or code; empty for the caller itself.")
    before: JSON | None = strawberry.field(description="How it was before, where that is known.")
    after: JSON | None = strawberry.field(description="How it was afterwards.")
    reason: str | None = strawberry.field(description="Why, when they said so.")
    request_id: str = strawberry.field(description="The request, as it is named in the logs.")

    @batched(description="The person; null for the system itself.")
    @staticmethod
    async def user(parents: Sequence["AuditEntry"], info: Info) -> Sequence[User | None]:
        return await load_users(info, [entry.user_id for entry in parents])

    @classmethod
    def of(cls, row: Row) -> Self:
        """The entry as administrators see it."""
        values: dict[str, Any] = {"before": row.before, "after": row.after}
        return cls(
            id=strawberry.ID(global_id("AuditEntry", row.id)),
            user_id=row.user_id,
            at=row.at,
            actor_kind=row.actor_kind,
            action=row.action,
            subject=row.subject,
            reason=row.reason,
            request_id=row.request_id,
            **values,
        )


async def load_users(info: Info, ids: Sequence[int | None]) -> list[User | None]:
    """The accounts with these ids, which rows within reach name; None for None."""
    rows = await load_each(info.context, accounts_by_id, ids)
    return [_user(row) if row else None for row in rows]


def _user(row: Row) -> User:
    return User(id=strawberry.ID(global_id("User", row.id)), email=row.email, name=row.name)


def _ids(type_name: str, ids: tuple[int, ...]) -> list[strawberry.ID]:
    return [strawberry.ID(global_id(type_name, id)) for id in ids]
