"""Failures of mutations that a client is expected to handle."""

from datetime import datetime
from typing import ClassVar

import strawberry

from modules.tenancy import errors
from server.errors import FacetError
from server.graphql.results import Error

Raised = tuple[type[FacetError], ...]


@strawberry.type(
    description="The e-mail address or the password is wrong, or the account has no role on the platform."
)
class InvalidCredentials(Error):
    raised_as: ClassVar[Raised] = (errors.InvalidCredentials,)


@strawberry.type(description="Too many wrong passwords were sent for this address.")
class TooManyAttempts(Error):
    raised_as: ClassVar[Raised] = (errors.TooManyAttempts,)

    retry_at: datetime = strawberry.field(description="When the next try is looked at.")


@strawberry.type(description="The account may use several platforms; sign in again and name one.")
class PlatformChoiceRequired(Error):
    raised_as: ClassVar[Raised] = (errors.PlatformChoiceRequired,)

    platforms: list[str] = strawberry.field(description="Codes of the platforms to choose from.")


@strawberry.type(description="There is no such merchant within the caller's reach.")
class MerchantNotFound(Error):
    raised_as: ClassVar[Raised] = (errors.MerchantNotFound,)


@strawberry.type(description="The merchant is archived and does not change any more.")
class MerchantIsArchived(Error):
    raised_as: ClassVar[Raised] = (errors.MerchantIsArchived,)


@strawberry.type(description="There is no such store within the caller's reach.")
class StoreNotFound(Error):
    raised_as: ClassVar[Raised] = (errors.StoreNotFound,)


@strawberry.type(description="The store is closed and does not change any more.")
class StoreIsClosed(Error):
    raised_as: ClassVar[Raised] = (errors.StoreIsClosed,)


@strawberry.type(description="Another one of the platform has this external id.")
class ExternalIdTaken(Error):
    raised_as: ClassVar[Raised] = (errors.ExternalIdTaken,)


@strawberry.type(description="There is no such team member within the caller's reach.")
class TeamMemberNotFound(Error):
    raised_as: ClassVar[Raised] = (errors.TeamMemberNotFound,)


@strawberry.type(description="The person has a role in this place already.")
class AlreadyTeamMember(Error):
    raised_as: ClassVar[Raised] = (errors.AlreadyTeamMember,)


@strawberry.type(description="The platform would be left without an administrator.")
class LastAdministrator(Error):
    raised_as: ClassVar[Raised] = (errors.LastAdministrator,)


@strawberry.type(description="There is no such key, or it is not the caller's.")
class ApiKeyNotFound(Error):
    raised_as: ClassVar[Raised] = (errors.ApiKeyNotFound,)


@strawberry.type(description="A key cannot have permissions its creator lacks.")
class ScopesNotHeld(Error):
    raised_as: ClassVar[Raised] = (errors.ScopesNotHeld,)

    scopes: list[str] = strawberry.field(description="The permissions the caller lacks.")


@strawberry.type(description="There is no such session of the caller.")
class SessionNotFound(Error):
    raised_as: ClassVar[Raised] = (errors.SessionNotFound,)


@strawberry.type(description="Another platform has this code.")
class PlatformCodeTaken(Error):
    raised_as: ClassVar[Raised] = (errors.PlatformCodeTaken,)


@strawberry.type(description="Nobody has an account with this address.")
class AccountNotFound(Error):
    raised_as: ClassVar[Raised] = (errors.AccountNotFound,)
