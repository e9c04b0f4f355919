"""What a module adds to the schema.

A module has one `ModuleGraph`. Its decorators collect contributions: fields of the roots, fields of types
that other modules own, types that are only reachable through an interface, members of open unions. Nothing of
the owner's class is touched; the composer merges contributions when the schema is built, so one process can
build several schemas from the same modules.

    graph = ModuleGraph("loyalty", __package__)

    @graph.query
    class LoyaltyQuery:
        @query_field(description="Every reward that points can buy.", signed_in=True)
        async def rewards(self, info: Info) -> list[Reward]: ...

    @graph.extend(Merchant)
    class MerchantLoyalty:
        @field(description="The merchant's programme.")
        async def programme(self, info: Info) -> Programme | None: ...

`audience=` narrows a contribution to some kinds of caller: nobody else sees that it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import copy
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, overload

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.types.union import StrawberryUnion

from server.auth.audience import Audience

QUERY, MUTATION, SUBSCRIPTION = "Query", "Mutation", "Subscription"
ROOTS = (QUERY, MUTATION, SUBSCRIPTION)

Class = TypeVar("Class", bound=type)
Decorator = Callable[[Class], Class]
Audiences = Collection[Audience] | None
Target = type | str


@dataclass(frozen=True, slots=True)
class Contribution:
    """Fields for one target: a class, a root's name, or the GraphQL name of a type that may not exist."""

    target: type | str
    source: type
    audience: frozenset[Audience] | None

    @property
    def where(self) -> str:
        return f"{self.source.__module__}.{self.source.__qualname__}"


class OpenUnion(StrawberryUnion):
    """A union whose members are added by modules with `ModuleGraph.member_of`.

    A type checker takes it for a value, so give it another face there:

        if TYPE_CHECKING:
            SearchResult: TypeAlias = object
        else:
            SearchResult = graph.open_union("SearchResult", description="Something a search can find.")
    """


class ModuleGraph:
    """The contributions of one module. The types defined in `package` belong to the module."""

    def __init__(self, module: str, package: str) -> None:
        self.module = module
        self.package = package
        self.contributions: list[Contribution] = []
        self.types: list[Any] = []
        self.unions: list[OpenUnion] = []
        self.members: dict[str, list[type]] = {}
        self.owned: dict[object, frozenset[Audience] | None] = {}
        """Classes and (enum class, member name) pairs with a declared owner or audience."""

    def copy(self) -> ModuleGraph:
        """The same contributions in a graph of their own, to add generated ones without changing this one."""
        graph = ModuleGraph(self.module, self.package)
        for name in ("contributions", "types", "unions", "owned"):
            setattr(graph, name, copy(getattr(self, name)))
        graph.members = {union: list(members) for union, members in self.members.items()}
        return graph

    @overload
    def query(self, source: Class, /) -> Class: ...
    @overload
    def query(self, *, audience: Audiences) -> Decorator[Any]: ...
    def query(self, source: Any = None, *, audience: Audiences = None) -> Any:
        """Add the class's fields to `Query`."""
        return self._apply(self.extend(QUERY, audience=audience), source)

    @overload
    def mutation(self, source: Class, /) -> Class: ...
    @overload
    def mutation(self, *, audience: Audiences) -> Decorator[Any]: ...
    def mutation(self, source: Any = None, *, audience: Audiences = None) -> Any:
        """Add the class's fields to `Mutation`."""
        return self._apply(self.extend(MUTATION, audience=audience), source)

    @overload
    def subscription(self, source: Class, /) -> Class: ...
    @overload
    def subscription(self, *, audience: Audiences) -> Decorator[Any]: ...
    def subscription(self, source: Any = None, *, audience: Audiences = None) -> Any:
        """Add the class's fields to `Subscription`."""
        return self._apply(self.extend(SUBSCRIPTION, audience=audience), source)

    def extend(self, target: Target, *, audience: Audiences = None) -> Decorator[Any]:
        """Add the class's fields to `target`, a type of this module or of one it requires.

        A GraphQL name instead of a class makes the target optional: the contribution is skipped when no
        installed module has a type of that name. Fields of an interface reach every type that implements it.
        Inputs cannot be extended.
        """
        limited = _audience(audience)

        def add(source: Class) -> Class:
            if get_object_definition(source) is None:
                source = strawberry.type(source)
            self.contributions.append(Contribution(target, source, limited))
            return source

        return add

    @overload
    def type(self, member: Class, /) -> Class: ...
    @overload
    def type(self, *, audience: Audiences) -> Decorator[Any]: ...
    def type(self, member: Any = None, *, audience: Audiences = None) -> Any:
        """Put a type into the schema that no field names, such as one reached through an interface."""

        def add(member: Class) -> Class:
            self.types.append(member)
            return self._limit(member, audience)

        return self._apply(add, member)

    def member_of(self, union: str, *, audience: Audiences = None) -> Decorator[Any]:
        """Make the class a member of the open union of that name."""

        def add(member: Class) -> Class:
            self.members.setdefault(union, []).append(member)
            return self._limit(member, audience)

        return add

    def open_union(self, name: str, *, description: str) -> OpenUnion:
        """A union that modules add members to; see `OpenUnion` for how to use it as a type."""
        union = OpenUnion(name=name, description=description)
        self.unions.append(union)
        return union

    def own(self, element: Any, *, audience: Audiences = None) -> Any:
        """Declare that this module owns a class, wherever it was defined, or one member of an enum."""
        key = (type(element), element.name) if isinstance(element, Enum) else element
        self.owned[key] = _audience(audience)
        return element

    def _limit(self, member: Class, audience: Audiences) -> Class:
        if audience is not None:
            self.owned[member] = _audience(audience)
        return member

    @staticmethod
    def _apply(decorator: Decorator[Any], source: Any) -> Any:
        return decorator if source is None else decorator(source)


def _audience(audience: Audiences) -> frozenset[Audience] | None:
    if audience is None:
        return None
    if not audience:
        raise ValueError("audience names nobody: leave it out, or name at least one kind of caller.")
    return frozenset(Audience(member) for member in audience)
