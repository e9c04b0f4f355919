"""Signing in and out, and who is asking."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from modules.tenancy.graphql.graph import graph
from modules.tenancy.service import sessions as service
from modules.tenancy.types.accounts import Session, Viewer
from modules.tenancy.types.arguments import PAGE, After, First
from modules.tenancy.types.errors import (
    InvalidCredentials,
    PlatformChoiceRequired,
    SessionNotFound,
    TooManyAttempts,
)
from server.graphql.connections import Connection, connection
from server.graphql.fields import mutation_field, query_field
from server.graphql.ids import local_id
from server.graphql.info import Info


@graph.query
class SigningQuery:
    @query_field(description="Who is asking, and with which rights.", signed_in=True)
    async def viewer(self, info: Info) -> Viewer | None:
        return Viewer.of(info.context)

    @query_field(
        description="The caller's own sign-ins that can still be used, newest first.", signed_in=True
    )
    async def sessions(self, info: Info, first: First = PAGE, after: After = None) -> Connection[Session]:
        ctx = info.context
        current = service.current_session_id(ctx)
        page = await service.list_sessions(ctx, first=first, after=after)
        return connection(page, lambda row: Session.of(row, current))


@strawberry.type(description="The caller is signed in.")
class SignInPayload:
    token: str = strawberry.field(
        description="Send it as `Authorization: Bearer <token>`. Browsers also get it as a cookie."
    )
    expires_at: datetime = strawberry.field(description="When the session ends unless it is used before.")
    viewer: Viewer = strawberry.field(description="Who the caller is from now on.")


@strawberry.type(description="The caller is signed out.")
class SignOutPayload:
    signed_out: bool = strawberry.field(description="Always true.")


@strawberry.type(description="The session has ended.")
class RevokeSessionPayload:
    session_id: strawberry.ID = strawberry.field(description="The session that ended.")


SignInResult = Annotated[
    SignInPayload | InvalidCredentials | TooManyAttempts | PlatformChoiceRequired,
    strawberry.union("SignInResult", description="What came of signing in."),
]
SignOutResult = Annotated[
    SignOutPayload, strawberry.union("SignOutResult", description="What came of signing out.")
]
RevokeSessionResult = Annotated[
    RevokeSessionPayload | SessionNotFound,
    strawberry.union("RevokeSessionResult", description="What came of ending a session."),
]


@graph.mutation
class SigningMutation:
    @mutation_field(
        description="Begin a session. The session that made the request, if any, ends.", public=True, cost=100
    )
    async def sign_in(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The account's e-mail address.")],
        password: Annotated[str, strawberry.argument(description="The account's password.")],
        platform: Annotated[
            str | None,
            strawberry.argument(
                description="Code of the platform. Without it: the one of the request's address, else the "
                "account's only one."
            ),
        ] = None,
    ) -> SignInResult | None:
        signed_in = await service.sign_in(
            info.context, email=email, password=password, platform_code=platform
        )
        return SignInPayload(
            token=signed_in.token, expires_at=signed_in.expires_at, viewer=Viewer.of(info.context)
        )

    @mutation_field(description="End the session that makes this request.", signed_in=True)
    async def sign_out(self, info: Info) -> SignOutResult | None:
        await service.sign_out(info.context)
        return SignOutPayload(signed_out=True)

    @mutation_field(
        description="End one of the caller's own sessions, such as on a lost phone.", signed_in=True
    )
    async def revoke_session(
        self, info: Info, id: Annotated[GlobalID, strawberry.argument(description="The session.")]
    ) -> RevokeSessionResult | None:
        await service.revoke_own_session(info.context, id=local_id(id, "Session"))
        return RevokeSessionPayload(session_id=strawberry.ID(str(id)))
