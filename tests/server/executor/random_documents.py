"""Operations made at random: aliases, merged fields, fragments, directives, and variables with all kinds of values."""

from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

SELECTS = "  "
"""Between a field and its selection, and nowhere else."""
GLOBAL_ID = "T2JqMDox"
LITERALS = {
    "Int": ["1", "0", "-3"],
    "Float": ["1.5", "2"],
    "Boolean": ["true", "false"],
    "String": ['""', '"word"'],
    "ID": [f'"{GLOBAL_ID}"'] * 15 + ['"x"', "5"],
}
VALUES: dict[str, list[Any]] = {
    "Int": [1, 0, 7, 2.0],
    "Float": [1.5, 2],
    "Boolean": [True, False],
    "String": ["", "word"],
    "ID": [GLOBAL_ID] * 15 + ["x", 5],
}
WRONG: list[Any] = [None, "no", 1.5, [], {}, True, [1], {"size": "x"}]


class DocumentMaker:
    """One document, and values for its variables on demand."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self.schema, self.random = schema, random
        self.aliases = 0
        self.left = 18
        self.variables: dict[str, Any] = {}
        self.fragments: list[str] = []
        kind = "mutation" if random.random() < 0.25 else "query"
        body = self.selection(schema.mutation_type if kind == "mutation" else schema.query_type, 4)
        declared = ", ".join(
            f"${name}: {type_}{default}" for name, (type_, default) in self.variables.items()
        )
        self.text = f"{kind} Q{f'({declared})' if declared else ''} {body} " + " ".join(self.fragments)

    def values(self) -> dict[str, Any]:
        """Values of the variables: mostly good ones."""
        found = {}
        for name, (type_, default) in self.variables.items():
            if self.random.random() < 0.03:
                found[name] = self.random.choice(WRONG)
            elif (isinstance(type_, GraphQLNonNull) and not default) or self.random.random() < 0.7:
                found[name] = self.value(type_)
        return found

    def selection(self, type_: Any, depth: int) -> str:
        parts = ["__typename"] if self.random.random() < 0.3 else []
        if is_abstract_type(type_):
            possible = list(self.schema.get_possible_types(type_))
            for member in self.random.sample(possible, min(2, len(possible))):
                parts.append(self.fragment(member, depth, is_member=True))
        fields = list(getattr(type_, "fields", {}).items())
        for name, field in self.random.sample(fields, min(self.random.randint(2, 5), len(fields))):
            part = self.field(name, field, depth)
            parts.extend(part)
            if part and self.random.random() < 0.1:
                parts.append(self.again(part[0], field, depth))
        if fields and self.random.random() < 0.15:
            parts.append(self.fragment(type_, depth))
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def again(self, part: str, field: Any, depth: int) -> str:
        """The same field once more, with another selection."""
        named = get_named_type(field.type)
        if is_leaf_type(named) or "@" in part:
            return part
        return f"{part[: part.index(SELECTS)]}{SELECTS}{self.selection(named, depth - 1)}"

    def fragment(self, type_: Any, depth: int, *, is_member: bool = False) -> str:
        selection, directive = self.selection(type_, depth - 1), self.directive()
        if self.random.random() < 0.4:
            name = f"F{len(self.fragments)}x{self.random.randint(0, 10**6)}"
            self.fragments.append(f"fragment {name} on {type_.name} {selection}")
            return f"...{name}{directive}" + (f" ...{name}" if self.random.random() < 0.2 else "")
        condition = f" on {type_.name}" if is_member or self.random.random() < 0.8 else ""
        return f"...{condition}{directive} {selection}"

    def field(self, name: str, field: Any, depth: int) -> list[str]:
        named = get_named_type(field.type)
        is_leaf = is_leaf_type(named)
        if self.left <= 0 or (not is_leaf and depth <= 0):
            return []
        self.left -= 1
        wanted = [
            f"{key}: {self.argument(argument)}"
            for key, argument in field.args.items()
            if is_required_argument(argument) or self.random.random() < 0.5
        ]
        arguments = f"({', '.join(wanted)})" if wanted else ""
        self.aliases += 1
        alias = f"a{self.aliases}: " if arguments or self.random.random() < 0.5 else f"b{self.aliases}: "
        nested = "" if is_leaf else self.selection(named, depth - 1)
        return [f"{alias}{name}{arguments}{self.directive()}{SELECTS if nested else ''}{nested}"]

    def directive(self) -> str:
        if self.random.random() < 0.85:
            return ""
        value = self.random.choice(["true", "false", ""])
        value = value or f"${self.variable(GraphQLNonNull(self.schema.type_map['Boolean']))}"
        return f" @{self.random.choice(['skip', 'include'])}(if: {value})"

    def argument(self, argument: Any) -> str:
        if self.random.random() < 0.5:
            return f"${self.variable(argument.type)}"
        return self.literal(argument.type)

    def variable(self, type_: Any) -> str:
        if self.random.random() < 0.3:
            for name, (known, _) in self.variables.items():
                if str(known) == str(type_):
                    return name
        name = f"v{len(self.variables)}"
        with_default = self.random.random() < 0.3
        default = f" = {self.literal(type_, constant=True)}" if with_default else ""
        if with_default and isinstance(type_, GraphQLNonNull) and self.random.random() < 0.5:
            type_ = type_.of_type
        self.variables[name] = (type_, default)
        return name

    def literal(self, type_: Any, *, constant: bool = False) -> str:
        if isinstance(type_, GraphQLNonNull):
            return self.literal(type_.of_type, constant=constant)
        if isinstance(type_, GraphQLList):
            return "[" + ", ".join(self.literal(type_.of_type, constant=constant) for _ in range(2)) + "]"
        if isinstance(type_, GraphQLEnumType):
            return str(self.random.choice(list(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            fields = [
                f"{key}: {self.argument(field) if not constant else self.literal(field.type, constant=True)}"
                for key, field in type_.fields.items()
                if is_required_input_field(field) or (key != "inner" and self.random.random() < 0.5)
            ]
            return "{" + ", ".join(fields) + "}"
        return self.random.choice(LITERALS[str(type_)])

    def value(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type)
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type) for _ in range(self.random.randint(0, 2))]
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return {
                key: self.value(field.type)
                for key, field in type_.fields.items()
                if is_required_input_field(field) or (key != "inner" and self.random.random() < 0.5)
            }
        return self.random.choice(VALUES[str(type_)])
