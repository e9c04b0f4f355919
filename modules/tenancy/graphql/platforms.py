"""Finding, creating and changing platforms."""

from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from modules.tenancy.graphql.graph import graph
from modules.tenancy.loaders import platforms_by_id
from modules.tenancy.permissions import CREATE_PLATFORMS, MANAGE_PLATFORM
from modules.tenancy.service import platforms as service
from modules.tenancy.types.arguments import PAGE, After, First
from modules.tenancy.types.errors import PlatformCodeTaken
from modules.tenancy.types.platforms import Platform
from server.auth.audience import ADMINS, Audience
from server.graphql.connections import Connection, connection
from server.graphql.fields import mutation_field, query_field
from server.graphql.ids import local_id
from server.graphql.info import Info
from server.graphql.results import ValidationFailed


@graph.query
class PlatformQuery:
    @query_field(
        description="A platform the caller has a role on; without an id that of this request, which is null for "
        "an operator who named none.",
        signed_in=True,
    )
    async def platform(
        self,
        info: Info,
        id: Annotated[GlobalID | None, strawberry.argument(description="The platform.")] = None,
    ) -> Platform | None:
        ctx = info.context
        if id is None:
            return Platform.of(ctx.platform) if ctx.platform else None
        row = await ctx.loader(platforms_by_id).load(local_id(id, "Platform"))
        return Platform.of(row) if row else None

    @query_field(
        description="The platforms the caller has a role on, by code; for operators all.", signed_in=True
    )
    async def platforms(self, info: Info, first: First = PAGE, after: After = None) -> Connection[Platform]:
        page = await service.list_platforms(info.context, first=first, after=after)
        return connection(page, Platform.of)


@strawberry.type(description="The platform was created.")
class CreatePlatformPayload:
    platform: Platform = strawberry.field(description="The new platform.")


@strawberry.type(description="The platform was changed.")
class UpdatePlatformPayload:
    platform: Platform = strawberry.field(description="The platform as it is now.")


CreatePlatformResult = Annotated[
    CreatePlatformPayload | PlatformCodeTaken | ValidationFailed,
    strawberry.union("CreatePlatformResult", description="What came of creating a platform."),
]
UpdatePlatformResult = Annotated[
    UpdatePlatformPayload | ValidationFailed,
    strawberry.union("UpdatePlatformResult", description="What came of changing the platform."),
]


@graph.mutation(audience={Audience.OPERATOR})
class OperatorMutation:
    @mutation_field(description="Create a platform.", permission=CREATE_PLATFORMS)
    async def create_platform(
        self,
        info: Info,
        code: Annotated[
            str, strawberry.argument(description="Its short name in addresses: 2 to 40 of a-z, 0-9 and -.")
        ],
        name: Annotated[str, strawberry.argument(description="Its name for people.")],
        timezone: Annotated[
            str, strawberry.argument(description="IANA time zone in which its days begin and end.")
        ] = "UTC",
        currency: Annotated[
            str, strawberry.argument(description="ISO 4217 code of its own currency.")
        ] = "EUR",
        modules: Annotated[
            list[str] | None,
            strawberry.argument(description="Codes of the modules it begins with; all when left out."),
        ] = None,
    ) -> CreatePlatformResult | None:
        record = await service.create_platform(
            info.context, code=code, name=name, timezone=timezone, currency=currency, modules=modules
        )
        return CreatePlatformPayload(platform=Platform.of(record))


@graph.mutation(audience=ADMINS)
class PlatformMutation:
    @mutation_field(
        description="Change the name or time zone of the platform; what is left out stays.",
        permission=MANAGE_PLATFORM,
    )
    async def update_platform(
        self,
        info: Info,
        name: Annotated[str | None, strawberry.argument(description="Its name for people.")] = None,
        timezone: Annotated[
            str | None, strawberry.argument(description="IANA time zone in which its days begin and end.")
        ] = None,
    ) -> UpdatePlatformResult | None:
        record = await service.update_platform(info.context, name=name, timezone=timezone)
        return UpdatePlatformPayload(platform=Platform.of(record))
