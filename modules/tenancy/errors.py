"""What can go wrong, by name."""

from __future__ import annotations

from typing import ClassVar

from server.errors import FacetError


class InvalidCredentials(FacetError):
    """The address, the password, or the right to be on the platform is wrong; nobody is told which."""

    code: ClassVar[str] = "TENANCY_INVALID_CREDENTIALS"


class TooManyAttempts(FacetError):
    """Too many wrong passwords; `retry_at` is when the next one is looked at."""

    code: ClassVar[str] = "TENANCY_TOO_MANY_ATTEMPTS"


class PlatformChoiceRequired(FacetError):
    """The account may use several platforms, whose codes are in `platforms`."""

    code: ClassVar[str] = "TENANCY_PLATFORM_CHOICE_REQUIRED"


class MerchantNotFound(FacetError):
    """No merchant within reach has this id."""

    code: ClassVar[str] = "TENANCY_MERCHANT_NOT_FOUND"


class StoreNotFound(FacetError):
    """No store within reach has this id."""

    code: ClassVar[str] = "TENANCY_STORE_NOT_FOUND"


class MerchantIsArchived(FacetError):
    """An archived merchant does not change any more."""

    code: ClassVar[str] = "TENANCY_MERCHANT_IS_ARCHIVED"


class StoreIsClosed(FacetError):
    """A closed store does not change any more."""

    code: ClassVar[str] = "TENANCY_STORE_IS_CLOSED"


class ExternalIdTaken(FacetError):
    """Another row of the platform has this external id."""

    code: ClassVar[str] = "TENANCY_EXTERNAL_ID_TAKEN"


class TeamMemberNotFound(FacetError):
    """No team member within reach has this id."""

    code: ClassVar[str] = "TENANCY_TEAM_MEMBER_NOT_FOUND"


class AlreadyTeamMember(FacetError):
    """The person has an open membership in this place."""

    code: ClassVar[str] = "TENANCY_ALREADY_TEAM_MEMBER"


class LastAdministrator(FacetError):
    """A platform keeps at least one administrator."""

    code: ClassVar[str] = "TENANCY_LAST_ADMINISTRATOR"


class ApiKeyNotFound(FacetError):
    """No key within reach has this id."""

    code: ClassVar[str] = "TENANCY_API_KEY_NOT_FOUND"


class ScopesNotHeld(FacetError):
    """A key cannot do more than its creator; `scopes` are those the creator lacks."""

    code: ClassVar[str] = "TENANCY_SCOPES_NOT_HELD"


class PlatformCodeTaken(FacetError):
    """Another platform has this code."""

    code: ClassVar[str] = "TENANCY_PLATFORM_CODE_TAKEN"


class SessionNotFound(FacetError):
    """The caller has no such session."""

    code: ClassVar[str] = "TENANCY_SESSION_NOT_FOUND"


class AccountNotFound(FacetError):
    """Nobody has an account with this address."""

    code: ClassVar[str] = "TENANCY_ACCOUNT_NOT_FOUND"
