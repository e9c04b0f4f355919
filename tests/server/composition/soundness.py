"""What every view must satisfy, whatever it was pruned from and to."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    execute,
    get_introspection_query,
    parse,
    validate_schema,
)

from server.composition import render_schema
from server.composition.ownership import owners_of
from server.composition.pruned import ViewGraphQLSchema


def assert_sound(view: ViewGraphQLSchema) -> None:
    """It is a valid schema that any tool can read, of elements whose owners are all enabled."""
    view.assume_valid, view._validation_errors = False, None
    assert validate_schema(view) == []
    view.assume_valid = True
    result: Any = execute(view, parse(get_introspection_query(input_value_deprecation=True)))
    assert result.errors is None
    assert set(build_client_schema(result.data).type_map) == set(view.type_map)
    build_schema(render_schema(view))
    for path, element in introspected(result.data["__schema"], view.plan.full):
        assert owners_of(element) <= view.enabled, path


def introspected(answer: Any, full: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Each element in an introspection's answer as the full schema has it, with its path."""
    for type_ in answer["types"]:
        name = type_["name"]
        if name.startswith("__"):
            continue
        element: Any = full.type_map[name]
        yield name, element
        for field in [*(type_["fields"] or ()), *(type_["inputFields"] or ())]:
            yield f"{name}.{field['name']}", element.fields[field["name"]]
            for argument in field.get("args", ()):
                path = f"{name}.{field['name']}({argument['name']}:)"
                yield path, element.fields[field["name"]].args[argument["name"]]
        for value in type_["enumValues"] or ():
            yield f"{name}.{value['name']}", element.values[value["name"]]


def assert_closed(view: ViewGraphQLSchema) -> None:
    """Every type it refers to, however deep, is the one it lists under that name."""
    for type_ in view.type_map.values():
        for other in _referred(type_):
            while hasattr(other, "of_type"):
                other = other.of_type
            assert view.type_map[other.name] is other, f"{type_} -> {other}"


def _referred(type_: Any) -> Iterator[Any]:
    yield from getattr(type_, "interfaces", ())
    yield from getattr(type_, "types", ())
    for field in getattr(type_, "fields", {}).values():
        yield field.type
        yield from (argument.type for argument in getattr(field, "args", {}).values())
