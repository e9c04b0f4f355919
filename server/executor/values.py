"""Code that completes values in place: leaves, lists, and objects read without a call."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from orjson import Fragment
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from server.executor.calls import Call, Source, class_of
from server.executor.checks import unexpected
from server.executor.leaves import KNOWN, Leaf, names_of, slow, unfit, written
from server.executor.selection import Level, Selected
from server.executor.surprise import Surprise, Unsupported
from server.executor.writer import Program, Writer

NAMES = {**KNOWN, "Surprise": Surprise, "Written": Fragment, "b64": b2a_base64}
_INLINE_DEPTH = 7
"""Objects nested deeper than this get a function of their own."""


class ValueCode:
    """Writes statements that replace the value in a variable by the completed one, or raise."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def complete(self, w: Writer, variable: str, selected: Selected) -> None:
        """Complete `variable`, a value of a field below which nothing is called."""
        assert selected.call is not None
        self._value(w, variable, selected.type, selected, selected.call)

    def _value(self, w: Writer, v: str, type_: Any, selected: Selected, call: Call) -> None:
        nullable = not is_non_null_type(type_)
        if not nullable:
            type_ = type_.of_type
        if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
            self._leaf(w, v, type_, call, nullable=nullable)
        elif nullable:
            with w.block(f"if {v} is not None:"):
                self._not_null(w, v, type_, selected, call)
        else:
            self._not_null(w, v, type_, selected, call)

    def _not_null(self, w: Writer, v: str, type_: Any, selected: Selected, call: Call) -> None:
        if is_list_type(type_):
            with w.block(f"if type({v}) is not Written:"):
                self._list(w, v, type_, selected, call)
            return
        assert isinstance(type_, GraphQLObjectType)
        level = selected.levels[type_.name]
        self.expect_object(w, v, type_, call)
        if w.depth > _INLINE_DEPTH:
            w(f"{v} = {self._object_function(level)}({v}, R)")
        else:
            w(f"{v} = {self.object(w, v, level)}")

    def _list(self, w: Writer, v: str, type_: Any, selected: Selected, call: Call) -> None:
        self.expect_list(w, v, call)
        items, item = self.program.fresh("n"), self.program.fresh("x")
        w(f"{items} = []")
        with w.block(f"for {item} in {v}:"):
            self._value(w, item, type_.of_type, selected, call)
            w(f"{items}.append({item})")
        w(f"{v} = {items}")

    def _object_function(self, level: Level) -> str:
        name = self.program.fresh("object_")
        w = Writer()
        with w.block(f"def {name}(o, R):"):
            w(f"return {self.object(w, 'o', level)}")
        self.program.add(w)
        return name

    def object(self, w: Writer, o: str, level: Level) -> str:
        """The expression for an object of a plain level, after the statements it needs."""
        items = []
        for selected in level.fields:
            if selected.call is None:
                items.append(f"{selected.key!r}: {selected.typename!r}")
            else:
                items.append(f"{selected.key!r}: {self.read(w, o, selected)}")
        return "{" + ", ".join(items) + "}"

    def read(self, w: Writer, o: str, selected: Selected) -> str:
        """The variable with the completed value of a plain field of `o`."""
        call = selected.call
        assert call is not None
        x = self.program.fresh("x")
        w(f"{x} = {o}.{call.attribute}")
        if call.source is Source.NODE_ID:
            origin = self.program.constant("C", class_of(call.parent))
            where = f"raise Surprise({call.where!r})"
            with w.block(f"if type({o}) is not {origin} or type({x}) is not int and type({x}) is not str:"):
                w(where)
            w(f"{x} = b64(f'{call.parent.name}:{{{x}}}'.encode(), newline=False).decode()")
        else:
            self.complete(w, x, selected)
        return x

    def _leaf(self, w: Writer, v: str, leaf: Leaf, call: Call, *, nullable: bool) -> None:
        otherwise = self.program.constant("slow_", slow(leaf, call.where, nullable=nullable))
        test, writing = unfit(leaf), written(leaf)
        if test is not None:
            condition = test.format(v=v)
            if nullable:
                condition = f"{v} is not None and ({condition})"
            w(f"if {condition}: {v} = {otherwise}({v})")
        elif isinstance(leaf, GraphQLEnumType):
            names = self.program.constant("names_", names_of(leaf))
            guard = f"if {v} is not None: " if nullable else ""
            w(f"{guard}{v} = {names}.get(id({v})) or {otherwise}({v})")
        elif writing is not None:
            cls, expression = writing
            w(f"{v} = {expression.format(v=v)} if type({v}) is {cls} else {otherwise}({v})")
        else:
            w(f"{v} = {otherwise}({v})")

    def expect_list(self, w: Writer, v: str, call: Call) -> None:
        """Raise unless `v` is a list; other iterables are graphql-core's to judge."""
        w(f"if type({v}) is not list and type({v}) is not tuple: raise Surprise({call.where!r})")

    def expect_object(self, w: Writer, v: str, type_: GraphQLObjectType, call: Call) -> None:
        """Raise unless `v` is an object that graphql-core would take for one of `type_`."""
        if not isinstance(type_, GraphQLObjectType):
            raise Unsupported("an abstract type")
        check = self.program.constant("check_", unexpected(call, type_.is_type_of))
        origin = class_of(type_)
        if origin is None:
            w(f"{check}({v}, R)")
            return
        cls = self.program.constant("C", origin)
        condition = f"type({v}) is not {cls}"
        if type_.is_type_of is not None:
            condition += f" or getattr({v}, {TYPE_CAST_ATTRIBUTE!r}, None) is not None"
        w(f"if {condition}: {check}({v}, R)")

    def collect(self, w: Writer, v: str, type_: Any, selected: Selected) -> None:
        """Add the objects in `v` to `flat`."""
        assert selected.call is not None
        if not isinstance(type_, GraphQLNonNull):
            with w.block(f"if {v} is not None:"):
                self.collect(w, v, GraphQLNonNull(type_), selected)
            return
        inner = type_.of_type
        if is_list_type(inner):
            self.expect_list(w, v, selected.call)
            item = self.program.fresh("x")
            with w.block(f"for {item} in {v}:"):
                self.collect(w, item, inner.of_type, selected)
            return
        if isinstance(inner, GraphQLObjectType):
            self.expect_object(w, v, inner, selected.call)
        else:
            w(f"if {v} is None: raise Surprise({selected.call.where!r})")
        w(f"flat.append({v})")

    def place(self, w: Writer, v: str, type_: Any) -> None:
        """Put the next completed objects in the place of `v`, in the order `collect` found them."""
        if not isinstance(type_, GraphQLNonNull):
            with w.block(f"if {v} is not None:"):
                self.place(w, v, GraphQLNonNull(type_))
            return
        inner = type_.of_type
        if not is_list_type(inner):
            w(f"{v} = below[p]; p += 1")
            return
        if is_object(inner.of_type) and is_non_null_type(inner.of_type):
            w(f"e = p + len({v}); {v} = below[p:e]; p = e")
            return
        items, item = self.program.fresh("n"), self.program.fresh("x")
        w(f"{items} = []")
        with w.block(f"for {item} in {v}:"):
            self.place(w, item, inner.of_type)
            w(f"{items}.append({item})")
        w(f"{v} = {items}")

    def one(self, selected: Selected) -> str:
        """The name of a function that completes one object in a value of a field below which nothing is called."""
        assert selected.call is not None
        name = self.program.fresh("one_")
        w = Writer()
        with w.block(f"def {name}(x, R):"):
            self._not_null(w, "x", get_named_type(selected.type), selected, selected.call)
            w("return x")
        self.program.add(w)
        return name


def quick_of(selected: Selected) -> Callable[[Any, Any], Any]:
    """The function that completes one object in a value of the field, made when it is first asked for."""
    if selected.quick is None:
        program = Program(dict(NAMES))
        name = ValueCode(program).one(selected)
        selected.quick = program.load()[name]
    return selected.quick


def check_of(selected: Selected) -> Callable[[Any, Any], None]:
    """What `expect_object` writes, as a function for the field's type."""
    if selected.check is None:
        program = Program(dict(NAMES))
        w = Writer()
        with w.block("def check(x, R):"):
            assert selected.call is not None
            ValueCode(program).expect_object(w, "x", get_named_type(selected.type), selected.call)
            w("return None")
        program.add(w)
        selected.check = program.load()["check"]
    return selected.check


def is_object(type_: Any) -> bool:
    """Whether the type is an object's, interface's or union's, not a list's."""
    return not is_list_type(type_.of_type if is_non_null_type(type_) else type_)
