"""Strawberry schemas made at random: every kind of type, and every way a field can get its value."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from types import ModuleType
from typing import Any

import strawberry
from graphql import GraphQLObjectType
from strawberry.extensions import FieldExtension

from server.graphql.fields import Access
from server.graphql.guarded import Guarded
from tests.server.executor.random_worlds import ask, current

SCALARS = ("int", "str", "float", "bool", "strawberry.ID", "datetime", "date", "Decimal", "UUID", "JSON")
WAYS = ("sync", "async", "later", "batched", "batched", "batched_sync", "extended", "static")
ARGUMENTS = (
    "number: int = 3",
    "word: Optional[str] = None",
    "maybe: Optional[str] = strawberry.UNSET",
    "color: Optional[Enum0] = None",
    "shade: Enum1 = Enum1.B",
    "numbers: list[int] = strawberry.field(default_factory=list)",
    "box: Optional[Box] = None",
    "boxes: Optional[list[Box]] = None",
    "key: Optional[relay.GlobalID] = None",
)
HEADER = """
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Optional, TypeVar, Union
from uuid import UUID
import strawberry
from strawberry import relay
from strawberry.scalars import JSON
from server.graphql.batched import batched

T = TypeVar("T")
Info = strawberry.Info

@strawberry.enum
class Enum0(Enum):
    A = "a"
    B = "b"
    C = 3

@strawberry.enum
class Enum1(str, Enum):
    A = "x"
    B = "y"

@strawberry.input
class Box:
    size: int
    label: Optional[str] = "none"
    inner: Optional["Box"] = None

@strawberry.type
class Page(Generic[T]):
    token: strawberry.Private[str]
    items: list[T]
    total: int

    @strawberry.field
    async def count(self) -> Optional[int]:
        return await ask("Page.count", self)

    @strawberry.field
    def place(self, info: Info) -> str:
        names = sorted(info.variable_values)
        return f"{info.path.key} {info.path.typename} {info.field_name} {names} {len(info.selected_fields)}"

    @strawberry.field
    def whole_place(self, info: Info) -> str:
        try:
            return str(info.path.as_list())
        except Exception:
            return "caught"
"""


@dataclass(frozen=True)
class Shape:
    """The type of a value: `name` in `of`-wrapped lists, null or not at each."""

    name: str
    nullable: bool = False
    of: "Shape | None" = None

    @property
    def text(self) -> str:
        text = f"list[{self.of.text}]" if self.of else self.name
        return f"Optional[{text}]" if self.nullable else text


class Passing(FieldExtension):
    """Does nothing, so that the field's resolver is not plainly its author's function."""

    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        return next_(source, info, **arguments)

    async def resolve_async(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        return await next_(source, info, **arguments)


class SchemaMaker:
    """The source of a module with a schema, and what its values have to be."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.shapes: dict[str, Shape] = {"Page.count": Shape("int", nullable=True)}
        self.attributes: dict[str, list[str]] = {}
        # Python remembers what a name in quotes stood for, so names differ from schema to schema.
        self.faces = [f"Face{n}s{seed}" for n in range(2)]
        self.objects = [f"Obj{n}s{seed}" for n in range(6)]
        self.nodes = set(self.random.sample(self.objects, 2))
        self.implements = {
            name: self.random.sample(self.faces, self.random.choice([0, 0, 1, 2])) for name in self.objects
        }
        self.implements[self.objects[0]] = list(self.faces)
        self.unions = {f"Union{n}": self.random.sample(self.objects, 2) for n in range(2)}
        self.source = HEADER
        for name in self.faces:
            self.source += f"\n@strawberry.interface\nclass {name}:\n" + self._body(name, 0)
        for place, name in enumerate(self.objects):
            bases = [*(["relay.Node"] if name in self.nodes else []), *self.implements[name]]
            self.source += f"\n@strawberry.type\nclass {name}({', '.join(bases)}):\n"
            if name in self.nodes:
                self.source += "    id: relay.NodeID[int]\n"
                self.attributes.setdefault(name, []).append("id")
                self.shapes[f"{name}.id"] = Shape("int")
            self.source += self._body(name, place + 1)
            if self.random.random() < 0.2:
                self.source += "    @classmethod\n    def is_type_of(cls, obj, info):\n"
                self.source += "        return isinstance(obj, cls)\n"
        self.source += "\n@strawberry.type\nclass Query:\n"
        for number in range(7):
            self.source += self._resolver("Query", f"q{number}", self._shape(0, nests=True))
        self.source += "\n@strawberry.type\nclass Mutation:\n"
        for number in range(4):
            self.source += self._resolver("Mutation", f"m{number}", self._shape(0, nests=True))

    def _body(self, name: str, place: int) -> str:
        body = (
            "" if name in self.objects and self.implements[name] else "    token: strawberry.Private[str]\n"
        )
        for number in range(self.random.randint(2, 4)):
            field = f"{name.lower()}_a{number}"
            shape = self._shape(place, nests=name in self.objects)
            self.shapes[f"{name}.{field}"] = shape
            self.attributes.setdefault(name, []).append(field)
            body += f"    {field}: {shape.text!r}\n"
        for number in range(self.random.randint(1, 3)):
            body += self._resolver(name, f"{name.lower()}_r{number}", self._shape(0, nests=True))
        return body

    def _shape(self, first: int, *, nests: bool) -> Shape:
        """Attributes hold only objects of later types, so that values end."""
        names: list[str] = [*self.random.sample(SCALARS, 3), "Enum0", "Enum1"]
        if nests and first < len(self.objects):
            later = self.objects[first:]
            names += [*later, *later, f"Page[{later[0]!r}]"]
            if first == 0:
                names += [*self.faces, "relay.Node"]
                names += [
                    f"Annotated[Union[{a!r}, {b!r}], strawberry.union({u!r})]"
                    for u, (a, b) in self.unions.items()
                ]
        if first == 0 and nests and self.random.random() < 0.6:
            names = names[5:]
        shape = Shape(self._quoted(self.random.choice(names)), nullable=self.random.random() < 0.4)
        while self.random.random() < 0.3:
            shape = Shape("", nullable=self.random.random() < 0.3, of=shape)
        return shape

    @staticmethod
    def _quoted(name: str) -> str:
        return repr(name) if name.startswith(("Obj", "Face")) else name

    def _resolver(self, owner: str, name: str, shape: Shape) -> str:
        key, way = f"{owner}.{name}", self.random.choice(WAYS)
        if owner in ("Query", "Mutation") and way.startswith("batched"):
            way = "async"
        self.shapes[key] = shape
        chosen = self.random.sample(ARGUMENTS, self.random.choice([0, 0, 1, 2, 3]))
        chosen = [argument for argument in chosen if "default_factory" not in argument]
        passed = "".join(f", {argument.split(':')[0]}" for argument in chosen)
        info = ["info: Info"] if self.random.random() < 0.5 else []
        given = ", ".join([*info, *chosen])
        call = f"ask({key!r}, self{passed})"
        if way.startswith("batched"):
            word = "async def" if way == "batched" else "def"
            head = ", ".join(["parents: Sequence[Any]", *info, *chosen])
            return (
                f'    @batched(description="")\n    @staticmethod\n'
                f"    {word} {name}({head}) -> Sequence[{shape.text}]:\n"
                f"        return ask_all({key!r}, parents{passed})\n"
            )
        word = "def" if way in ("sync", "later") else "async def"
        decorator = "strawberry.field(extensions=[Passing()])" if way == "extended" else "strawberry.field"
        head = f"self{', ' if given else ''}{given}"
        if way == "static":
            head, call = f"root: strawberry.Parent[Any]{head[4:]}", call.replace("self", "root", 1)
        body = (
            f"return {call}" if way == "later" else f"return {'now' if word == 'def' else 'await '}({call})"
        )
        return f"    @{decorator}\n    {word} {name}({head}) -> {shape.text}:\n        {body}\n"


@dataclass(frozen=True, eq=False)
class Made:
    """A schema with what is needed to make values for it."""

    schema: Any
    module: ModuleType
    maker: SchemaMaker


@lru_cache(maxsize=256)
def made(seed: int) -> Made:
    """The schema of a seed."""
    import sys

    maker = SchemaMaker(seed)
    module = ModuleType(f"random_schema_{seed}")
    sys.modules[module.__name__] = module
    module.__dict__.update(current=current, ask=ask, Passing=Passing)
    from tests.server.executor import random_worlds

    module.__dict__.update(ask_all=random_worlds.ask_all, now=random_worlds.now)
    exec(compile(maker.source, module.__name__, "exec"), module.__dict__)
    types = [getattr(module, name) for name in maker.objects]
    schema = strawberry.Schema(module.Query, module.Mutation, types=types)
    wrap(schema, maker.random)
    return Made(schema, module, maker)


def wrap(schema: strawberry.Schema, random: Random) -> None:
    """Put access rules before some fields, and functions nobody knows before others."""
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                chance = random.random()
                if chance < 0.1:
                    allowed = random.random() < 0.8
                    field.resolve = Guarded(field.resolve, Access(permission="yes" if allowed else "no"))
                elif chance < 0.2:
                    field.resolve = passing(field.resolve)


def passing(resolve: Any) -> Any:
    def resolver(root: Any, info: Any, **arguments: Any) -> Any:
        return resolve(root, info, **arguments)

    return resolver
