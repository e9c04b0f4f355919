"""Code that completes all objects of a level at once.

A level becomes one coroutine function: what its objects hold is read in one loop, then every call is made, then
columns that wait for something are completed together. Each column of values becomes a function too: it awaits,
gathers the objects below, hands them to their level, and puts the answers where they belong.
"""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from server.executor.arguments import constant_arguments
from server.executor.calls import Call, Source
from server.executor.run import any_awaitable, awaited, by_type, together
from server.executor.selection import Level, Selected
from server.executor.values import ValueCode
from server.executor.writer import Program, Writer

NAMES = {"any_awaitable": any_awaitable, "awaited": awaited, "by_type": by_type, "together": together}


class LevelCode:
    """Writes the functions of levels and their columns."""

    def __init__(self, program: Program, schema: GraphQLSchema) -> None:
        self.program, self._schema = program, schema
        self.values = ValueCode(program)

    def level(self, level: Level) -> str:
        """The name of `async def (objects, run) -> list of dictionaries`."""
        name = self.program.fresh("level_")
        columns = [selected for selected in level.fields if not selected.is_plain]
        w = Writer()
        with w.block(f"async def {name}(os, R):"):
            held = self._read(w, level, columns)
            if columns:
                self._columns(w, columns, held)
            w("return ds")
        self.program.add(w)
        return name

    def _read(self, w: Writer, level: Level, columns: list[Selected]) -> dict[int, str]:
        """The loop over what objects hold; the variables with the values of columns that are attributes."""
        held: dict[int, str] = {}
        w("ds = []")
        for selected in columns:
            if selected.call is not None and selected.call.source is Source.ATTRIBUTE:
                held[id(selected)] = variable = self.program.fresh("v")
                w(f"{variable} = []")
        with w.block("for o in os:"):
            items = []
            for selected in level.fields:
                if selected.call is None:
                    items.append(f"{selected.key!r}: {selected.typename!r}")
                elif selected.is_plain:
                    items.append(f"{selected.key!r}: {self.values.read(w, 'o', selected)}")
                else:
                    items.append(f"{selected.key!r}: None")
                    if id(selected) in held:
                        w(f"{held[id(selected)]}.append(o.{selected.call.attribute})")
            w("ds.append({" + ", ".join(items) + "})")
        return held

    def _columns(self, w: Writer, columns: list[Selected], held: dict[int, str]) -> None:
        """The calls, the completion of their columns, and the answers put into the dictionaries."""
        w("steps = []")
        results = []
        for selected in columns:
            result = self.program.fresh("z")
            results.append((result, selected.key))
            if id(selected) in held:
                w(f"{result} = steps.append(({self._later(selected)[0]}, {held[id(selected)]}))")
            else:
                self._call(w, selected, result)
        with w.block("if steps:"):
            w("done = iter(await together(steps, R))")
            for result, _ in results:
                w(f"if {result} is None: {result} = next(done)")
        names = ", ".join(f"y{number}" for number in range(len(results)))
        with w.block(f"for d, {names} in zip(ds, {', '.join(result for result, _ in results)}):"):
            for number, (_, key) in enumerate(results):
                w(f"d[{key!r}] = y{number}")

    def _call(self, w: Writer, selected: Selected, result: str) -> None:
        call = selected.call
        assert call is not None
        name = self.program.constant("call_", call)
        if call.access:
            w(f"R.allow({name})")
        if call.source is Source.BATCH:
            w(f"{result} = steps.append(({self._batch(selected, call, name)}, os))")
            return
        values = self.program.fresh("v")
        w(f"{values} = []; R.made.append({values})")
        expression = self._call_expression(w, call, name)
        with w.block("for o in os:"):
            w(f"{values}.append({expression})")
        later, at_once = self._later(selected)
        append = f"{result} = steps.append(({later}, {values}))"
        if at_once is None or iscoroutinefunction(call.function):
            w(append)
        else:
            w(f"if any_awaitable({values}): {append}")
            w(f"else: {result} = {at_once}({values}, R)")

    def _call_expression(self, w: Writer, call: Call, name: str) -> str:
        """The expression that calls for the object `o`, after the statements that prepare it."""
        function = self.program.constant("function_", call.function)
        if call.source is Source.RESOLVER:
            info = self.program.fresh("i")
            w(f"{info} = R.raw({name})")
            given = ""
            if call.has_arguments:
                given = self.program.fresh("k")
                w(f"{given} = R.given({name})")
            return f"{function}(o, {info}{f', **{given}' if given else ''})"
        assert call.field is not None
        assert call.field.base_resolver is not None
        resolver = call.field.base_resolver
        parts = ["o"] if resolver.self_parameter else []
        parts += [f"{p.name}=o" for p in (resolver.parent_parameter, resolver.root_parameter) if p]
        return f"{function}({', '.join([*dict.fromkeys(parts), *self._prepared(w, call, name)])})"

    def _prepared(self, w: Writer, call: Call, name: str) -> list[str]:
        """The info and the arguments of an author's function, as parts of a call."""
        resolver = call.field.base_resolver if call.field is not None else None
        assert resolver is not None
        wanted = resolver.info_parameter.name if resolver.info_parameter else None
        if call.batch is not None:
            wanted = "info" if call.batch.takes_info else None
        parts = []
        info = self.program.fresh("i")
        constant = constant_arguments(call, self._schema) if call.has_arguments else None
        if wanted or (call.has_arguments and constant is None):
            w(f"{info} = R.info({name})")
        if wanted:
            parts.append(f"{wanted}={info}")
        if constant is not None:
            parts += [f"{key}={self.program.constant('given_', value)}" for key, value in constant.items()]
        elif call.has_arguments:
            arguments = self.program.fresh("k")
            w(f"{arguments} = R.arguments({name}, {info})")
            parts.append(f"**{arguments}")
        return parts

    def _batch(self, selected: Selected, call: Call, name: str) -> str:
        """The name of the step that asks a batched field for all objects."""
        assert call.batch is not None
        step = self.program.fresh("batch_")
        function = self.program.constant("function_", call.function)
        batch = self.program.constant("batch_of_", call.batch)
        w = Writer()
        with w.block(f"async def {step}(os, R):"):
            parts = self._prepared(w, call, name)
            w(f"v = {function}({', '.join(['tuple(os)', *parts])})")
            w("v = await v" if call.batch.is_async else "if any_awaitable([v]): v = await v")
            w(f"v = {batch}.answers(v, len(os))")
            self._completed(w, selected)
        self.program.add(w)
        return step

    def _later(self, selected: Selected) -> tuple[str, str | None]:
        """The step that awaits and completes a column, and the function that completes it without waiting."""
        step, at_once = self.program.fresh("column_"), None
        awaits = selected.call is not None and selected.call.source is not Source.ATTRIBUTE
        if selected.is_plain_below:
            at_once = self.program.fresh("values_")
            w = Writer()
            with w.block(f"def {at_once}(v, R):"):
                self._completed(w, selected)
            self.program.add(w)
        w = Writer()
        with w.block(f"async def {step}(v, R):"):
            if awaits:
                w("v = await awaited(v, R)")
            if at_once is not None:
                w(f"return {at_once}(v, R)")
            else:
                self._completed(w, selected)
        self.program.add(w)
        return step, at_once

    def _completed(self, w: Writer, selected: Selected) -> None:
        """Complete the values in `v` and return them."""
        if selected.is_plain_below:
            w("n = []")
            with w.block("for x in v:"):
                self.values.complete(w, "x", selected)
                w("n.append(x)")
            w("return n")
            return
        below = self._below(selected)
        w("flat = []")
        self._collect(w, selected)
        w(f"below = await {below} if flat else []")
        if _is_object(selected.type) and is_non_null_type(selected.type):
            w("return below")
            return
        w("p = 0; n = []")
        with w.block("for x in v:"):
            self._place(w, "x", selected.type)
            w("n.append(x)")
        w("return n")

    def _below(self, selected: Selected) -> str:
        """The expression whose coroutine completes the objects in `flat`."""
        if not selected.is_abstract:
            (level,) = selected.levels.values()
            return f"{self.level(level)}(flat, R)"
        call = self.program.constant("call_", selected.call)
        abstract = self.program.constant("abstract_", get_named_type(selected.type))
        steps = [f"{name!r}: {self._checked(level, selected)}" for name, level in selected.levels.items()]
        return f"by_type(flat, R, {call}, {abstract}, {{{', '.join(steps)}}})"

    def _checked(self, level: Level, selected: Selected) -> str:
        """The step that checks objects found behind an abstract type and completes them."""
        step = self.program.fresh("member_")
        function = self.level(level)
        w = Writer()
        assert selected.call is not None
        with w.block(f"async def {step}(os, R):"):
            with w.block("for o in os:"):
                self.values.expect_object(w, "o", level.type, selected.call)
            w(f"return await {function}(os, R)")
        self.program.add(w)
        return step

    def _collect(self, w: Writer, selected: Selected) -> None:
        with w.block("for x in v:"):
            self._collect_value(w, "x", selected.type, selected)

    def _collect_value(self, w: Writer, v: str, type_: Any, selected: Selected) -> None:
        assert selected.call is not None
        if not isinstance(type_, GraphQLNonNull):
            with w.block(f"if {v} is not None:"):
                self._collect_value(w, v, GraphQLNonNull(type_), selected)
            return
        inner = type_.of_type
        if is_list_type(inner):
            self.values.expect_list(w, v, selected.call)
            item = self.program.fresh("x")
            with w.block(f"for {item} in {v}:"):
                self._collect_value(w, item, inner.of_type, selected)
            return
        if isinstance(inner, GraphQLObjectType):
            self.values.expect_object(w, v, inner, selected.call)
        else:
            w(f"if {v} is None: raise Surprise({selected.call.where!r})")
        w(f"flat.append({v})")

    def _place(self, w: Writer, v: str, type_: Any) -> None:
        """Put the next completed objects in the place of `v`, in the order `_collect` found them."""
        if not isinstance(type_, GraphQLNonNull):
            with w.block(f"if {v} is not None:"):
                self._place(w, v, GraphQLNonNull(type_))
            return
        inner = type_.of_type
        if not is_list_type(inner):
            w(f"{v} = below[p]; p += 1")
            return
        if _is_object(inner.of_type) and is_non_null_type(inner.of_type):
            w(f"e = p + len({v}); {v} = below[p:e]; p = e")
            return
        items, item = self.program.fresh("n"), self.program.fresh("x")
        w(f"{items} = []")
        with w.block(f"for {item} in {v}:"):
            self._place(w, item, inner.of_type)
            w(f"{items}.append({item})")
        w(f"{v} = {items}")


def _is_object(type_: Any) -> bool:
    """Whether the type is an object's, interface's or union's, not a list's."""
    return not is_list_type(type_.of_type if is_non_null_type(type_) else type_)
