"""Adding people to teams and removing them."""

from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from modules.tenancy.graphql.graph import graph
from modules.tenancy.loaders import memberships_by_id
from modules.tenancy.permissions import MANAGE_TEAM, VIEW_TEAM
from modules.tenancy.service.team import Place, add_team_member, remove_team_member
from modules.tenancy.types.errors import (
    AlreadyTeamMember,
    LastAdministrator,
    MerchantIsArchived,
    MerchantNotFound,
    StoreNotFound,
    TeamMemberNotFound,
)
from modules.tenancy.types.places import TeamMember, TeamRole
from server.graphql.fields import mutation_field, query_field
from server.graphql.ids import local_id
from server.graphql.info import Info
from server.graphql.results import ValidationFailed


@graph.query
class TeamQuery:
    @query_field(
        description="One team member; null when the caller can see no such person.", permission=VIEW_TEAM
    )
    async def team_member(
        self, info: Info, id: Annotated[GlobalID, strawberry.argument(description="The team member.")]
    ) -> TeamMember | None:
        row = await info.context.loader(memberships_by_id).load(local_id(id, "TeamMember"))
        return TeamMember.of(row) if row else None


@strawberry.type(description="The person has the role from now on.")
class AddTeamMemberPayload:
    team_member: TeamMember = strawberry.field(description="The new team member.")


@strawberry.type(description="The person has lost the role.")
class RemoveTeamMemberPayload:
    team_member: TeamMember = strawberry.field(description="The former team member.")


AddTeamMemberResult = Annotated[
    AddTeamMemberPayload
    | AlreadyTeamMember
    | MerchantNotFound
    | MerchantIsArchived
    | StoreNotFound
    | ValidationFailed,
    strawberry.union("AddTeamMemberResult", description="What came of adding a person to a team."),
]
RemoveTeamMemberResult = Annotated[
    RemoveTeamMemberPayload | TeamMemberNotFound | LastAdministrator,
    strawberry.union("RemoveTeamMemberResult", description="What came of removing a person from a team."),
]


@graph.mutation
class TeamMutation:
    @mutation_field(
        description="Give a person a role: on the platform, for a merchant, or in a store. Who has no account "
        "yet gets one without a password.",
        permission=MANAGE_TEAM,
    )
    async def add_team_member(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The person's e-mail address.")],
        name: Annotated[str, strawberry.argument(description="The person's name.")],
        role: Annotated[TeamRole, strawberry.argument(description="What the person may do.")],
        merchant_id: Annotated[
            GlobalID | None, strawberry.argument(description="The merchant, for MERCHANT_MEMBER.")
        ] = None,
        store_id: Annotated[
            GlobalID | None, strawberry.argument(description="The store, for STORE_STAFF.")
        ] = None,
        title: Annotated[
            str | None,
            strawberry.argument(description="What the merchant calls the role; it gives no rights."),
        ] = None,
    ) -> AddTeamMemberResult | None:
        place = Place(
            local_id(merchant_id, "Merchant") if merchant_id else None,
            local_id(store_id, "Store") if store_id else None,
        )
        row = await add_team_member(
            info.context, email=email, name=name, role=str(role.value), place=place, title=title
        )
        return AddTeamMemberPayload(team_member=TeamMember.of(row))

    @mutation_field(
        description="Take a person's role away; their sessions and keys lose it at once.",
        permission=MANAGE_TEAM,
    )
    async def remove_team_member(
        self, info: Info, id: Annotated[GlobalID, strawberry.argument(description="The team member.")]
    ) -> RemoveTeamMemberResult | None:
        row = await remove_team_member(info.context, id=local_id(id, "TeamMember"))
        return RemoveTeamMemberPayload(team_member=TeamMember.of(row))
