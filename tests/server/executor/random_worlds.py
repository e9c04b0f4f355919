"""Values for schemas made at random: the same for the same seed and place, however often they are asked for."""

import asyncio
import math
from collections.abc import Generator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError, Undefined

from server.errors import NotFound

MOST_DEEP = 4


class Word(str):
    """A string that is not plainly one."""

    __slots__ = ()


class Odd:
    def __repr__(self) -> str:
        return "<odd>"


class Later:
    """Can be awaited any number of times."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        return self.value


class Refusing:
    """An object whose every attribute fails."""

    def __repr__(self) -> str:
        return "<refusing>"

    @property
    def token(self) -> str:
        raise RuntimeError("no token")


SCALAR_VALUES: dict[str, tuple[Any, ...]] = {
    "int": (0, 1, -5, 2**31 - 1),
    "str": ("", "word", 'quote"\n', "é"),
    "float": (0.0, 1.5, -2.25e10),
    "bool": (True, False),
    "strawberry.ID": ("1", "abc"),
    "datetime": (
        datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None),
        datetime(2021, 1, 1, tzinfo=UTC),
    ),
    "date": (date(2020, 1, 2),),
    "Decimal": (Decimal("1.50"), Decimal("-3")),
    "UUID": (UUID(int=5),),
    "JSON": ({"a": [1, None]}, [1], "x", 1.5),
}
FITTING: dict[str, tuple[Any, ...]] = {
    "int": (True, 3.0, "7", Decimal("4")),
    "str": (5, True, 1.5, Word("subclass"), Decimal("1")),
    "float": (3, True, "2.5", Decimal("1.5")),
    "bool": (1, 0, 1.0),
    "strawberry.ID": (5, Word("w"), Odd()),
    "Enum0": ("a", 3),
    "Enum1": ("x",),
}
"""Unusual values that are taken all the same."""


BAD: tuple[Any, ...] = (
    *(None, None, None, "word", 3, 2**40, 1.5, math.nan, math.inf, True, [], [None], {}, {"a": 1}, (), b"b"),
    *(Odd(), Undefined, ValueError("as value"), GraphQLError("given", extensions={"code": "X"})),
    *(Later("later"), Later(None), Refusing(), frozenset({1}), NotFound("gone"), object),
)


@dataclass
class World:
    """The values of one case.

    `bad` is how often a value is not what its field says, `odd` how often unusual, `broken` how often a resolver
    fails whatever it is asked for.
    """

    module: Any
    maker: Any
    seed: int
    bad: float
    odd: float
    broken: float = 0

    def value(self, key: str, shape: Any, depth: int) -> Any:
        random = Random(f"{self.seed} {key}")
        if random.random() < self.bad:
            return self._bad(random, key, depth)
        if shape.nullable and random.random() < 0.2:
            return None
        if shape.of is not None:
            count = 0 if depth >= MOST_DEEP else random.choice([0, 1, 2, 3])
            items = [self.value(f"{key}[{n}]", shape.of, depth + 1) for n in range(count)]
            return self._unusual_list(random, items) if random.random() < self.odd else items
        return self._single(random, key, shape.name, depth)

    def _unusual_list(self, random: Random, items: list[Any]) -> Any:
        return random.choice([tuple(items), dict(enumerate(items)).values(), [Later(item) for item in items]])

    def _single(self, random: Random, key: str, name: str, depth: int) -> Any:
        name = name.strip("'")
        if random.random() < self.odd and name in FITTING:
            return random.choice(FITTING[name])
        if name in SCALAR_VALUES:
            return random.choice(SCALAR_VALUES[name])
        if name.startswith("Enum"):
            return random.choice(list(getattr(self.module, name)))
        if name.startswith("Page["):
            inner = name[5:-1].strip("'")
            items = [self.object(inner, f"{key}({n})", depth + 1) for n in range(random.randint(0, 2))]
            return self.module.Page(token=key, items=items, total=len(items))
        return self.object(self._concrete(random, name), key, depth, random)

    def _concrete(self, random: Random, name: str) -> str:
        maker: Any = self.maker
        if name == "relay.Node":
            return str(random.choice(sorted(maker.nodes)))
        if name.startswith("Face"):
            return str(random.choice([o for o in maker.objects if name in maker.implements[o]]))
        for union, members in maker.unions.items():
            if union in name:
                return str(random.choice(members))
        return name

    def object(self, name: str, key: str, depth: int, random: Random | None = None) -> Any:
        values: dict[str, Any] = {"token": key}
        for owner in (*self.maker.implements[name], name):
            for attribute in self.maker.attributes.get(owner, ()):
                shape = self.maker.shapes[f"{owner}.{attribute}"]
                values[attribute] = self.value(f"{key}.{attribute}", shape, depth + 1)
        cls = getattr(self.module, name)
        if random is not None and random.random() < self.odd:
            made = random.choice([SimpleNamespace, type(name, (cls,), {})])(**values)
            return strawberry.cast(cls, made) if random.random() < 0.5 else made
        return cls(**values)

    def _bad(self, random: Random, key: str, depth: int) -> Any:
        if random.random() < 0.3:
            name = random.choice(self.maker.objects)
            other = self.object(name, f"{key}!", MOST_DEEP) if depth < MOST_DEEP else None
            return strawberry.cast(self.module.Page, other) if random.random() < 0.3 else other
        return random.choice(BAD)


current: ContextVar[World] = ContextVar("current")
changed: list[str] = []
"""What mutations were called for."""


def raised(random: Random, world: World, key: str) -> None:
    if random.random() < world.bad:
        raise random.choice(
            [ValueError(f"no {key}"), NotFound("gone"), GraphQLError("e", extensions={"a": 1}), KeyError(1)]
        )


def value_of(field: str, parent: Any, arguments: tuple[Any, ...]) -> Any:
    world = current.get()
    token = getattr(parent, "token", "root")
    key = f"{token}/{field}{arguments!r}"
    if field.startswith("Mutation."):
        changed.append(key)
    if Random(f"{world.seed} broken {field}").random() < world.broken:
        raise ValueError(f"{field} is broken")
    raised(Random(f"{world.seed} raise {key}"), world, field)
    return world.value(key, world.maker.shapes[field], token.count("/"))


async def ask(field: str, parent: Any, *arguments: Any) -> Any:
    """The answer of a resolver, after a while."""
    value = value_of(field, parent, arguments)
    if len(repr(arguments)) % 2:
        await asyncio.sleep(0)
    return value


def ask_all(field: str, parents: Any, *arguments: Any) -> Any:
    """The answers of a batched resolver: sometimes an error for one, for all, or too few."""
    world = current.get()
    answers = []
    for parent in parents:
        try:
            answers.append(value_of(field, parent, arguments))
        except Exception as error:
            answers.append(error)
    random = Random(f"{world.seed} {field}{arguments!r}")
    raised(random, world, field)
    return answers[1:] if random.random() < world.bad / 4 else answers


def now(coroutine: Any) -> Any:
    """The answer of `ask`, at once."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value
