"""API keys, and the audit log."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from modules.tenancy.graphql.graph import graph
from modules.tenancy.permissions import MANAGE_API_KEYS, VIEW_AUDIT_LOG
from modules.tenancy.repository.credentials import audit_page
from modules.tenancy.service import keys as service
from modules.tenancy.service.values import searchable
from modules.tenancy.types.accounts import ApiKey, AuditEntry
from modules.tenancy.types.arguments import PAGE, After, First
from modules.tenancy.types.errors import ApiKeyNotFound, ScopesNotHeld
from server.auth.audience import ADMINS
from server.graphql.connections import Connection, connection
from server.graphql.fields import mutation_field, query_field
from server.graphql.ids import local_id
from server.graphql.info import Info
from server.graphql.instants import instant
from server.graphql.results import ValidationFailed


@strawberry.input(description="Which entries to list; conditions left out do not count.")
class AuditLogFilter:
    action: str | None = strawberry.field(default=None, description="Exactly this action.")
    user_id: GlobalID | None = strawberry.field(default=None, description="By this person.")
    since: datetime | None = strawberry.field(default=None, description="Then or later.")
    until: datetime | None = strawberry.field(default=None, description="Earlier than then.")


@graph.query(audience=ADMINS)
class AuditQuery:
    @query_field(description="What was done on the platform, newest first.", permission=VIEW_AUDIT_LOG)
    async def audit_log(
        self,
        info: Info,
        first: First = PAGE,
        after: After = None,
        filter: Annotated[
            AuditLogFilter | None, strawberry.argument(description="Which entries; all when left out.")
        ] = None,
    ) -> Connection[AuditEntry]:
        ctx, wanted = info.context, filter or AuditLogFilter()
        page = await audit_page(
            ctx,
            action=searchable(wanted.action),
            user_id=local_id(wanted.user_id, "User") if wanted.user_id else None,
            since=instant(ctx, "since", wanted.since),
            until=instant(ctx, "until", wanted.until),
            first=first,
            after=after,
        )
        return connection(page, AuditEntry.of)


@graph.query
class KeyQuery:
    @query_field(
        description="The caller's API keys, newest first; for administrators all of the platform.",
        permission=MANAGE_API_KEYS,
    )
    async def api_keys(self, info: Info, first: First = PAGE, after: After = None) -> Connection[ApiKey]:
        page = await service.list_api_keys(info.context, first=first, after=after)
        return connection(page, ApiKey.of)


@strawberry.type(description="The key was created.")
class CreateApiKeyPayload:
    api_key: ApiKey = strawberry.field(description="The new key.")
    token: str = strawberry.field(
        description="The secret to send as `Authorization: Bearer <token>`. It is never shown again."
    )


@strawberry.type(description="The key does not work any more.")
class RevokeApiKeyPayload:
    api_key: ApiKey = strawberry.field(description="The key as it is now.")


CreateApiKeyResult = Annotated[
    CreateApiKeyPayload | ScopesNotHeld | ValidationFailed,
    strawberry.union("CreateApiKeyResult", description="What came of creating a key."),
]
RevokeApiKeyResult = Annotated[
    RevokeApiKeyPayload | ApiKeyNotFound,
    strawberry.union("RevokeApiKeyResult", description="What came of revoking a key."),
]


@graph.mutation
class KeyMutation:
    @mutation_field(
        description="Create a key with which a program acts for the caller on this platform.",
        permission=MANAGE_API_KEYS,
    )
    async def create_api_key(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="What to call it, such as the program's name.")],
        scopes: Annotated[
            list[str],
            strawberry.argument(description="Codes of the permissions it may use; see the viewer's."),
        ],
        expires_at: Annotated[
            datetime | None, strawberry.argument(description="When it stops working; never when left out.")
        ] = None,
    ) -> CreateApiKeyResult | None:
        key, token = await service.create_api_key(
            info.context, name=name, scopes=scopes, expires_at=expires_at
        )
        return CreateApiKeyPayload(api_key=ApiKey.of(key), token=token.token)

    @mutation_field(description="Make a key stop working at once.", permission=MANAGE_API_KEYS)
    async def revoke_api_key(
        self, info: Info, id: Annotated[GlobalID, strawberry.argument(description="The key.")]
    ) -> RevokeApiKeyResult | None:
        key = await service.revoke_api_key(info.context, id=local_id(id, "ApiKey"))
        return RevokeApiKeyPayload(api_key=ApiKey.of(key))
