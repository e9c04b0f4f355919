"""Fields resolved once for all objects of a level.

    @batched(description="Its stores.")
    @staticmethod
    async def stores(
        parents: Sequence[Merchant], info: Info, first: First = 5
    ) -> Sequence[list[Store]]: ...

The function gets all objects that need the field and answers one value for each, in their order; an exception
in place of a value is the error of that one. The field's type is what the answer is a sequence of. An executor
that does not know batched fields calls them one object at a time: then the calls of one operation meet in a
loader, so the function is called for all of them there, too.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from inspect import Parameter, Signature, isawaitable, iscoroutinefunction, signature
from operator import or_
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import strawberry
from aiodataloader import DataLoader
from strawberry.parent import StrawberryParent

from server.context import BatchLoad, Context
from server.graphql.fields import Access, metadata_of

Resolver = TypeVar("Resolver", bound=Callable[..., Any])
Key = TypeVar("Key")
Value = TypeVar("Value")

BATCHED = "batched"
_PARENT: Any = Annotated[Any, StrawberryParent()]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batched field's metadata holds: the function for all parents, and what parents are."""

    function: Callable[..., Any]
    parents: Any
    where: str
    is_async: bool
    takes_info: bool

    def takes(self, origin: Any) -> bool:
        """Whether objects of the class are what the function says its parents are."""
        name = getattr(self.parents, "__forward_arg__", self.parents)
        if name is Any or not isinstance(origin, type):
            return True
        return any(name in (ancestor, ancestor.__name__) for ancestor in origin.__mro__)

    def answers(self, answer: Any, count: int) -> list[Any]:
        """The answer as a list; raises `TypeError` unless it has a value for each of `count` parents."""
        values = list(answer)
        if len(values) != count:
            raise TypeError(
                f"{self.where} answered {len(values)} values for {count} objects; "
                "a batched field answers one for each, in their order."
            )
        return values


def batched(
    *,
    description: str,
    permission: str | None = None,
    cost: int | None = None,
    list_size: int | None = None,
    name: str | None = None,
    deprecation_reason: str | None = None,
) -> Callable[[Resolver], Any]:
    """A field of an object type whose function answers for all objects of a level; options as for `field`.

    Raises `TypeError` when the function is not `(parents: Sequence[…], info, …) -> Sequence[…]`.
    """
    access = Access(permission=permission) if permission else None
    metadata = metadata_of(access, cost, list_size)

    def declare(resolver: Resolver) -> Any:
        function: Callable[..., Any] = getattr(resolver, "__func__", resolver)
        batch, own = _read(function)
        return strawberry.field(
            _for_one(batch, function, own),
            name=name,
            description=description,
            deprecation_reason=deprecation_reason,
            metadata={**metadata, BATCHED: batch},
        )

    return declare


def _read(function: Callable[..., Any]) -> tuple[Batch, Signature]:
    """The batch, and the signature of the same field for one object."""
    where = f"{function.__module__}.{function.__qualname__}"
    own = signature(function)
    parameters = list(own.parameters.values())
    parent = _element(parameters[0].annotation) if parameters else None
    if parent is None or parameters[0].name != "parents":
        raise TypeError(f"{where} is batched: its first parameter is `parents: Sequence[<the type>]`.")
    answer = _element(own.return_annotation)
    if answer is None:
        raise TypeError(f"{where} is batched: it returns `Sequence[<the field's type>]`, a value per parent.")
    takes_info = len(parameters) > 1 and parameters[1].name == "info"
    batch = Batch(function, parent, where, iscoroutinefunction(function), takes_info)
    root = Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=_PARENT)
    info = Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info)
    arguments = parameters[2:] if takes_info else parameters[1:]
    return batch, Signature([root, info, *arguments], return_annotation=_without_errors(answer))


def _element(annotation: Any) -> Any:
    """What a `Sequence[…]` or `list[…]` holds; None for anything else."""
    if get_origin(annotation) in (Sequence, list) and len(get_args(annotation)) == 1:
        return get_args(annotation)[0]
    return None


def _without_errors(answer: Any) -> Any:
    """`Store | NotFound` is the field type `Store`: exceptions stand for errors."""
    if get_origin(answer) not in (Union, UnionType):
        return answer
    members = [m for m in get_args(answer) if not (isinstance(m, type) and issubclass(m, BaseException))]
    return reduce(or_, members)


def _for_one(batch: Batch, function: Callable[..., Any], own: Signature) -> Callable[..., Any]:
    """The resolver for executors that ask for one object at a time."""

    async def resolve(root: Any, info: Any, **arguments: Any) -> Any:
        return await _loader(batch, info, arguments).load(root)

    resolve.__signature__ = own  # type: ignore[attr-defined]  # what Strawberry reads
    resolve.__annotations__ = {p.name: p.annotation for p in own.parameters.values()}
    resolve.__annotations__["return"] = own.return_annotation
    for attribute in ("__module__", "__name__", "__qualname__"):
        setattr(resolve, attribute, getattr(function, attribute))
    return resolve


def _loader(batch: Batch, info: Any, arguments: dict[str, Any]) -> Any:
    """The operation's loader for these arguments; one of its own when the context keeps none."""

    async def load(parents: list[Any]) -> list[Any]:
        return await call(batch, parents, info, arguments)

    def make() -> DataLoader[Any, Any]:
        # An object may be asked twice and need not be hashable, so nothing is remembered.
        return DataLoader(load, cache=False)

    if not isinstance(info.context, Context):
        return make()
    # The nodes tell the arguments: within one operation they mean the same values.
    nodes = tuple(map(id, info._raw_info.field_nodes))
    return info.context.shared_loader((batch.function, info._raw_info.parent_type.name, nodes), make)


async def call(batch: Batch, parents: Sequence[Any], info: Any, arguments: dict[str, Any]) -> list[Any]:
    """One value for each of `parents`."""
    given = {"info": info, **arguments} if batch.takes_info else arguments
    answer: Any | Awaitable[Any] = batch.function(tuple(parents), **given)
    if isawaitable(answer):
        answer = await answer
    return batch.answers(answer, len(parents))


async def load_each(
    ctx: Context, batch: BatchLoad[Key, Value | None], keys: Sequence[Key | None]
) -> list[Value | None]:
    """What the operation's loader over `batch` has for each key; None for a key that is None."""
    asked = list(dict.fromkeys(key for key in keys if key is not None))
    found = dict(zip(asked, await ctx.loader(batch).load_many(asked), strict=True)) if asked else {}
    return [None if key is None else found[key] for key in keys]


async def load_known(ctx: Context, batch: BatchLoad[Key, Value | None], keys: Sequence[Key]) -> list[Value]:
    """As `load_each`, for keys that are there because what names them is; raises `LookupError` otherwise."""
    found = await load_each(ctx, batch, keys)
    known = [value for value in found if value is not None]
    if len(known) != len(keys):
        raise LookupError(f"{batch.__qualname__} knows no {set(keys)} that other rows name.")
    return known
