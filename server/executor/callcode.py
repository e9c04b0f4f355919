"""Code that calls for an object, or for all of a level: the function with its info and arguments."""

from __future__ import annotations

from graphql import GraphQLSchema

from server.executor.arguments import constant_arguments, readers_of
from server.executor.calls import Call, Source
from server.executor.writer import Program, Writer


class CallCode:
    """Writes the parts of calls. What is refused, or does not convert, raises before anything is called."""

    def __init__(self, program: Program, schema: GraphQLSchema) -> None:
        self.program, self._schema = program, schema

    def expression(self, w: Writer, call: Call, name: str) -> str:
        """The expression that calls for the object `o`, after the statements that prepare it."""
        function = self.program.constant("function_", call.function)
        if call.source is Source.RESOLVER:
            given = self.program.fresh("k") if call.has_arguments else ""
            if given:
                w(f"{given} = R.given({name})")
            if call.access:
                w(f"R.allow({name})")
            info = self.program.fresh("i")
            w(f"{info} = R.raw({name})")
            return f"{function}(o, {info}{f', **{given}' if given else ''})"
        assert call.field is not None
        assert call.field.base_resolver is not None
        resolver = call.field.base_resolver
        parts = ["o"] if resolver.self_parameter else []
        parts += [f"{p.name}=o" for p in (resolver.parent_parameter, resolver.root_parameter) if p]
        return f"{function}({', '.join([*dict.fromkeys(parts), *self.prepared(w, call, name)])})"

    def prepared(self, w: Writer, call: Call, name: str) -> list[str]:
        """The info and the arguments of an author's function, as parts of a call; what is refused raises."""
        resolver = call.field.base_resolver if call.field is not None else None
        assert resolver is not None
        wanted = resolver.info_parameter.name if resolver.info_parameter else None
        if call.batch is not None:
            wanted = "info" if call.batch.takes_info else None
        parts = []
        info, arguments = self.program.fresh("i"), self.program.fresh("k")
        constant = constant_arguments(call, self._schema) if call.has_arguments else None
        is_made = call.has_arguments and constant is None
        w(f"{arguments} = R.given({name})" if is_made else "pass")
        if call.access and call.batch is None:
            w(f"R.allow({name})")
        if wanted or is_made:
            w(f"{info} = R.info({name})")
        if wanted:
            parts.append(f"{wanted}={info}")
        if constant is not None:
            parts += [f"{key}={self.program.constant('given_', value)}" for key, value in constant.items()]
        elif is_made:
            readers = self.program.constant("readers_", readers_of(call, self._schema))
            w(f"{arguments} = R.converted({readers}, {arguments}, {info})")
            parts.append(f"**{arguments}")
        return parts
