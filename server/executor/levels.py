"""Code that completes all objects of a level at once.

A level becomes one coroutine function: what its objects hold is read in one loop, then every call is made, then
columns that wait for something are completed together. Each column of values becomes a function too: it awaits,
gathers the objects below, hands them to their level, and puts the answers where they belong.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_non_null_type,
)

from server.executor.callcode import CallCode
from server.executor.calls import Call, Source, class_of
from server.executor.run import any_awaitable, awaited, by_type, together
from server.executor.selection import Level, Selected
from server.executor.values import ValueCode, is_object
from server.executor.writer import Program, Writer
from server.graphql.completed import Completed

Wait = Callable[[str, str, str], str]

NAMES = {
    "Completed": Completed,
    "any_awaitable": any_awaitable,
    "awaited": awaited,
    "by_type": by_type,
    "together": together,
}


class LevelCode:
    """Writes the functions of levels and their columns."""

    def __init__(self, program: Program, schema: GraphQLSchema) -> None:
        self.program = program
        self.calls, self.values = CallCode(program, schema), ValueCode(program)

    def level(self, level: Level) -> str:
        """The name of `async def (objects, run, place) -> list of dictionaries`."""
        name = self.program.fresh("level_")
        columns = [selected for selected in level.fields if not selected.is_plain]
        w = Writer()
        with w.block(f"async def {name}(os, R, P):"):
            held = self._read(w, level, columns)
            if columns:
                self._columns(w, columns, held)
            w("return ds")
        self.program.add(w)
        return name

    def column(self, selected: Selected) -> str:
        """The name of `async def (values, run, place) -> completed values` for values that are there."""
        return self._later(selected, awaits=False)[0]

    def _read(self, w: Writer, level: Level, columns: list[Selected]) -> dict[int, str]:
        """What the objects hold; the variables with the values of columns that are attributes."""
        held = {
            id(selected): self.program.fresh("v")
            for selected in columns
            if selected.call is not None and selected.call.source is Source.ATTRIBUTE
        }
        if not held and not any(selected.is_plain and selected.call for selected in level.fields):
            items = ", ".join(f"{selected.key!r}: {selected.typename!r}" for selected in level.fields)
            w(f"ds = [{{{items}}} for o in os]")
            return held
        read = self._read_function(level, held)
        known = self.program.constant("known_", level)
        answer = "".join(f"{name}, " for name in ("ds", *held.values()))
        w(f"try: {answer} = {read}(os, R)")
        w(f"except Exception: {answer} = R.careful.read({known}, {read}, os, P)")
        return held

    def _read_function(self, level: Level, held: dict[int, str]) -> str:
        """The name of the loop over what objects hold; it raises at the first value that does not fit."""
        name = self.program.fresh("read_")
        w = Writer()
        with w.block(f"def {name}(os, R):"):
            for variable in ("ds", *held.values()):
                w(f"{variable} = []")
            with w.block("for o in os:"):
                items = []
                for selected in level.fields:
                    value = repr(selected.typename)
                    if id(selected) in held:
                        assert selected.call is not None
                        w(f"{held[id(selected)]}.append(o.{selected.call.attribute})")
                    elif selected.call is not None and selected.is_plain:
                        value = self.values.read(w, "o", selected)
                    items.append(f"{selected.key!r}: {value}")
                w("ds.append({" + ", ".join(items) + "})")
            w(f"return {''.join(f'{variable}, ' for variable in ('ds', *held.values()))}")
        self.program.add(w)
        return name

    def _columns(self, w: Writer, columns: list[Selected], held: dict[int, str]) -> None:
        """The calls, the completion of their columns, and the answers put into the dictionaries."""
        wait = _wait_alone if len(columns) == 1 else _wait_with_others
        w("steps = []")
        results = []
        for selected in columns:
            result = self.program.fresh("z")
            results.append((result, selected.key))
            if id(selected) in held:
                w(wait(result, self._later(selected)[0], held[id(selected)]))
            else:
                self._call(w, selected, result, wait)
        if len(columns) > 1:
            with w.block("if steps:"):
                w("done = iter(await together(steps, R, P))")
                for result, _ in results:
                    w(f"if {result} is None: {result} = next(done)")
        names = ", ".join(f"y{number}" for number in range(len(results)))
        with w.block(f"for d, {names} in zip(ds, {', '.join(result for result, _ in results)}):"):
            for number, (_, key) in enumerate(results):
                w(f"d[{key!r}] = y{number}")

    def _call(self, w: Writer, selected: Selected, result: str, wait: Wait) -> None:
        call = selected.call
        assert call is not None
        name = self.program.constant("call_", call)
        if call.source is Source.BATCH:
            self._batch(w, selected, call, name, wait, result)
            return
        values = self.program.fresh("v")
        later, at_once = self._later(selected)
        with w.block("try:"):
            expression = self.calls.expression(w, call, name)
        w(f"except Exception as e: {values} = [e] * len(os)")
        with w.block("else:"):
            w(f"{values} = []; R.made.append({values}); rest = iter(os)")
            with w.block(f"while len({values}) < len(os):"):
                # The loop goes on behind an object whose call fails.
                w("try:")
                w(f"    for o in rest: {values}.append({expression})")
                w(f"except Exception as e: {values}.append(e)")
        append = wait(result, later, values)
        if at_once is None or iscoroutinefunction(call.function):
            w(append)
            return
        w(f"if any_awaitable({values}): {append}")
        with w.block("else:"):
            self._try_at_once(w, selected, result, at_once, values, ", at_once=True")

    def _try_at_once(
        self, w: Writer, selected: Selected, result: str, at_once: str, values: str, option: str = ""
    ) -> None:
        known = self.program.constant("known_", selected)
        w(f"try: {result} = {at_once}({values}, R)")
        w(f"except Exception: {result} = R.careful.values({known}, {at_once}, {values}, P{option})")

    def _batch(self, w: Writer, selected: Selected, call: Call, name: str, wait: Wait, result: str) -> None:
        """The step that asks a batched field for all objects."""
        assert call.batch is not None
        step = self.program.fresh("batch_")
        later, _ = self._later(selected, awaits=False)
        function = self.program.constant("function_", call.function)
        batch = self.program.constant("batch_of_", call.batch)
        if call.access:
            w(f"e = R.refusal({name})")
            w(f"if e is None: {wait(result, step, 'os')}")
            w(f"else: {wait(result, later, '[e] * len(os)')}")
        else:
            w(wait(result, step, "os"))
        b = Writer()
        with b.block(f"async def {step}(os, R, P):"):
            with b.block("try:"):
                parts = self.calls.prepared(b, call, name)
                b(f"v = {function}({', '.join(['tuple(os)', *parts])})")
                b("v = await v" if call.batch.is_async else "if any_awaitable([v]): v = await v")
                b(f"v = {batch}.answers(v, len(os))")
            b("except Exception as e: v = [e] * len(os)")
            b(f"return await {later}(v, R, P)")
        self.program.add(b)

    def _later(self, selected: Selected, *, awaits: bool = True) -> tuple[str, str | None]:
        """The step that completes a column, and the function that completes it without waiting."""
        step, at_once = self.program.fresh("column_"), None
        if selected.call is not None and selected.call.source is Source.ATTRIBUTE:
            awaits = False
        if selected.is_plain_below:
            at_once = self.program.fresh("values_")
            w = Writer()
            with w.block(f"def {at_once}(v, R):"):
                w("n = []")
                with w.block("for x in v:"):
                    self.values.complete(w, "x", selected)
                    w("n.append(x)")
                w("return n")
            self.program.add(w)
        w = Writer()
        with w.block(f"async def {step}(v, R, P):"):
            if awaits:
                type_ = get_named_type(selected.type)
                origin = class_of(type_) if isinstance(type_, GraphQLObjectType) else None
                w(
                    f"v = await awaited(v, {self.program.constant('C', origin)})"
                    if origin
                    else "v = await awaited(v)"
                )
            if at_once is not None:
                self._try_at_once(w, selected, "v", at_once, "v")
                w("return v")
            else:
                self._completed(w, selected)
        self.program.add(w)
        return step, at_once

    def _completed(self, w: Writer, selected: Selected) -> None:
        """Complete the values in `v`, with levels below them, and return them."""
        known, below = self.program.constant("known_", selected), self._below(selected)
        w("if v and type(v[0]) is Completed: return [x.data for x in v]")
        with w.block("try:"):
            w("flat = []")
            with w.block("for x in v:"):
                self.values.collect(w, "x", selected.type, selected)
        w(f"except Exception: return await R.careful.below({known}, {below}, v, P)")
        w(f"below = await {below}(flat, R, (P, v, {known})) if flat else []")
        if is_object(selected.type) and is_non_null_type(selected.type):
            w("return below")
            return
        w("p = 0; n = []")
        with w.block("for x in v:"):
            self.values.place(w, "x", selected.type)
            w("n.append(x)")
        w("return n")

    def _below(self, selected: Selected) -> str:
        """The name of the step that completes objects found in a column."""
        if not selected.is_abstract:
            (level,) = selected.levels.values()
            return self.level(level)
        call = self.program.constant("call_", selected.call)
        abstract = self.program.constant("abstract_", get_named_type(selected.type))
        members = [f"{name!r}: {self._checked(level, selected)}" for name, level in selected.levels.items()]
        step = self.program.fresh("objects_")
        w = Writer()
        with w.block(f"async def {step}(os, R, P):"):
            w(f"return await by_type(os, R, P, {call}, {abstract}, {{{', '.join(members)}}})")
        self.program.add(w)
        return step

    def _checked(self, level: Level, selected: Selected) -> str:
        """The step that checks objects found behind an abstract type and completes them."""
        step = self.program.fresh("member_")
        function = self.level(level)
        w = Writer()
        assert selected.call is not None
        with w.block(f"async def {step}(os, R, P):"):
            with w.block("for o in os:"):
                self.values.expect_object(w, "o", level.type, selected.call)
            w(f"return await {function}(os, R, P)")
        self.program.add(w)
        return step


def _wait_alone(result: str, step: str, values: str) -> str:
    """The statement for the only column of its level."""
    return f"{result} = await {step}({values}, R, P)"


def _wait_with_others(result: str, step: str, values: str) -> str:
    """The statement for a column that waits together with others; None stands for its answer until then."""
    return f"{result} = steps.append(({step}, {values}))"
