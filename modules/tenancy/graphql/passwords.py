"""Changing passwords."""

from typing import Annotated

import strawberry

from modules.tenancy.graphql.graph import graph
from modules.tenancy.permissions import MANAGE_ACCOUNTS
from modules.tenancy.service import passwords as service
from modules.tenancy.types.errors import AccountNotFound, InvalidCredentials, TooManyAttempts
from server.auth.audience import Audience
from server.graphql.fields import mutation_field
from server.graphql.info import Info
from server.graphql.results import ValidationFailed


@strawberry.type(description="The caller has a new password.")
class ChangePasswordPayload:
    changed: bool = strawberry.field(description="Always true.")


@strawberry.type(description="The account has a new password.")
class SetPasswordPayload:
    email: str = strawberry.field(description="The account's e-mail address.")


ChangePasswordResult = Annotated[
    ChangePasswordPayload | InvalidCredentials | TooManyAttempts | ValidationFailed,
    strawberry.union("ChangePasswordResult", description="What came of changing the own password."),
]
SetPasswordResult = Annotated[
    SetPasswordPayload | AccountNotFound | ValidationFailed,
    strawberry.union("SetPasswordResult", description="What came of giving an account a password."),
]


@graph.mutation
class PasswordMutation:
    @mutation_field(
        description="Change the own password. The account's other sessions end.", signed_in=True, cost=100
    )
    async def change_password(
        self,
        info: Info,
        current_password: Annotated[str, strawberry.argument(description="The password so far.")],
        new_password: Annotated[str, strawberry.argument(description="The new one: 10 to 256 characters.")],
    ) -> ChangePasswordResult | None:
        await service.change_password(info.context, current=current_password, new=new_password)
        return ChangePasswordPayload(changed=True)


@graph.mutation(audience={Audience.OPERATOR})
class AccountMutation:
    @mutation_field(
        description="Give an account a password, such as its first one. All its sessions end.",
        permission=MANAGE_ACCOUNTS,
        cost=100,
    )
    async def set_password(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The account's e-mail address.")],
        password: Annotated[str, strawberry.argument(description="The new one: 10 to 256 characters.")],
    ) -> SetPasswordResult | None:
        await service.set_password(info.context, email=email, password=password)
        return SetPasswordPayload(email=email)
