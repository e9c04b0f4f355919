"""Fields that say who may read them.

Every root field is declared with `query_field` or `mutation_field` and so states its protection: a permission,
`signed_in` (any caller with a session or key) or `public` (no caller needed). The kernel checks it before the
resolver runs; start-up refuses a root field without one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry

from server.context import Context
from server.errors import Unauthenticated

Resolver = TypeVar("Resolver", bound=Callable[..., Any])

ACCESS = "access"
COST = "cost"
LIST_SIZE = "list_size"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a field."""

    permission: str | None = None
    signed_in: bool = False
    public: bool = False

    def check(self, context: Context) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller may."""
        if self.permission is not None:
            context.caller.require(self.permission)
        elif not self.public and context.caller.is_anonymous:
            raise Unauthenticated("Sign in first: send a session token or API key as a bearer token.")


def metadata_of(access: Access | None, cost: int | None, list_size: int | None) -> dict[str, Any]:
    """What a field's metadata says about it; only what was given."""
    values = {ACCESS: access, COST: cost, LIST_SIZE: list_size}
    return {key: value for key, value in values.items() if value is not None}


def field(
    *,
    description: str,
    permission: str | None = None,
    cost: int | None = None,
    list_size: int | None = None,
    name: str | None = None,
    deprecation_reason: str | None = None,
) -> Callable[[Resolver], Any]:
    """A resolver field of an object type. `permission` adds a right to those that led to the object.

    `cost` is what one use adds to an operation's cost (default 1 for objects, 0 for scalars); `list_size` how
    many items a list without a page size is assumed to have.
    """
    access = Access(permission=permission) if permission else None
    metadata = metadata_of(access, cost, list_size)

    def declare(resolver: Resolver) -> Any:
        return strawberry.field(
            resolver,
            name=name,
            description=description,
            deprecation_reason=deprecation_reason,
            metadata=metadata,
        )

    return declare


def query_field(
    *,
    description: str,
    permission: str | None = None,
    signed_in: bool = False,
    public: bool = False,
    cost: int | None = None,
    list_size: int | None = None,
    name: str | None = None,
) -> Callable[[Resolver], Any]:
    """A field of `Query`. Exactly one of `permission`, `signed_in` and `public` is given."""
    metadata = metadata_of(_one_of(permission, signed_in, public), cost, list_size)

    def declare(resolver: Resolver) -> Any:
        return strawberry.field(resolver, name=name, description=description, metadata=metadata)

    return declare


def mutation_field(
    *,
    description: str,
    permission: str | None = None,
    signed_in: bool = False,
    public: bool = False,
    cost: int | None = None,
    name: str | None = None,
) -> Callable[[Resolver], Any]:
    """A field of `Mutation`: one transaction, committed when it returns a payload, rolled back when it returns
    or raises an error. A `FacetError` that a member of its result union stands for becomes that member."""
    metadata = metadata_of(_one_of(permission, signed_in, public), cost, None)

    def declare(resolver: Resolver) -> Any:
        return strawberry.mutation(resolver, name=name, description=description, metadata=metadata)

    return declare


def _one_of(permission: str | None, signed_in: bool, public: bool) -> Access:
    if [permission is not None, signed_in, public].count(True) != 1:
        raise TypeError("Give exactly one of permission=, signed_in=True and public=True.")
    return Access(permission=permission, signed_in=signed_in, public=public)
