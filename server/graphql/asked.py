"""Rows no wider than what a client asks for: the columns of a list's objects, and objects made of them.

    shown = asked(info, Store)
    page = await repository.page(statement, order, first, after)      # selects shown.columns
    return connection(page, shown.of)

The type's plain fields are columns of the same names. Its resolvers may read what identifies the object only: the
attributes that are no plain field of it, such as `id` and private ones, which are there whatever is asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Generic, TypeVar

from graphql import FieldNode

from server.db.written import Members
from server.graphql.info import Info
from server.graphql.members import members_of, plain_fields
from server.graphql.selections import Fragments, selected

Kind = TypeVar("Kind")

TAKES_WRITTEN = "takes_written"
"""The attribute of an info whose executor takes written lists."""
_ASKED = "_asked_columns"


@dataclass(frozen=True, slots=True)
class Asked(Generic[Kind]):
    """`columns` a row must have, and `of`, which makes the object of such a row."""

    columns: tuple[str, ...]
    of: Callable[[Any], Kind]
    members: Members | None = None
    """All that is asked, when PostgreSQL may write the objects: nodes with nothing but plain columns."""


def asked(info: Info, kind: type[Kind]) -> Asked[Kind]:
    """What the field that `info` is of, a connection, needs of each object of it."""
    raw = info._raw_info
    takes_written = getattr(info, TAKES_WRITTEN, False)
    # Kept with the operation, as long as that is: looking into a document takes longer than many a list.
    kept = vars(raw.operation).setdefault(_ASKED, {})
    key = (kind, takes_written, *map(id, raw.field_nodes))
    found: Asked[Kind] | None = kept.get(key)
    if found is None:
        origin: Any = kind
        names = set(_asked(raw.field_nodes, raw.fragments))
        found = _of_columns(origin, _columns(origin, names))
        if takes_written:
            found = replace(found, members=members_of(raw.field_nodes, raw.fragments, origin))
        kept[key] = found
    return found


def all_of(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The columns of any of the lists, which are read together; an empty one means all columns."""
    several = set(lists)
    if len(several) == 1 or () in several:
        return min(several)
    return tuple(sorted(set().union(*several)))


def same_of(members: Iterable[Members | None]) -> Members | None:
    """What all lists that are read together may come written with; None unless it is the same for all."""
    several = set(members)
    return several.pop() if len(several) == 1 else None


def _asked(nodes: Sequence[FieldNode], fragments: Fragments) -> Iterator[str]:
    """The names of what is asked of the nodes of a connection, whatever `@skip` and `@include` say."""
    for below in _below(nodes, fragments):
        if below.name.value == "nodes":
            yield from (field.name.value for field in _below([below], fragments))
        elif below.name.value == "edges":
            objects = [edge for edge in _below([below], fragments) if edge.name.value == "node"]
            yield from (field.name.value for field in _below(objects, fragments))


def _below(nodes: Sequence[FieldNode], fragments: Fragments) -> Iterator[FieldNode]:
    for node in nodes:
        yield from selected(node.selection_set, fragments)


def _columns(kind: type, names: set[str]) -> tuple[str, ...]:
    left_out = {field.python_name for name, field in plain_fields(kind).items() if name not in names}
    return tuple(field.name for field in fields(kind) if field.init and field.name not in left_out)


@lru_cache(512)
def _of_columns(kind: Any, columns: tuple[str, ...]) -> Asked[Any]:
    """`of` is written out for the columns: a list has hundreds of rows, and a loop over names takes twice as long."""
    assigned = "".join(f"    made.{name} = row.{name}\n" for name in columns)
    names: dict[str, Any] = {"new": kind.__new__, "kind": kind}
    # The names are those of the type's attributes; nothing of it comes from a client.
    exec(f"def of(row):\n    made = new(kind)\n{assigned}    return made\n", names)  # noqa: S102
    return Asked(columns, names["of"])
