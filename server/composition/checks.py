"""What a built and stamped schema must satisfy; every failure is a `Problem`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_specified_directive,
)
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.field import StrawberryField
from strawberry.types.scalar import ScalarDefinition, ScalarWrapper

from server.composition.contributions import Contributions, Entry
from server.composition.ownership import Ownership, admits, modules_of, owners_of
from server.composition.parts import KERNEL, Problem
from server.composition.stamp import composed_types, definition_of
from server.graphql.batched import BATCHED
from server.graphql.graph import ROOTS, OpenUnion


def _scalar_name(scalar: ScalarDefinition | ScalarWrapper) -> str:
    return scalar._scalar_definition.name if isinstance(scalar, ScalarWrapper) else scalar.name


LIBRARY_SCALARS = frozenset(map(_scalar_name, DEFAULT_SCALAR_REGISTRY.values()))


def check_elements(
    schema: GraphQLSchema, contributions: Contributions, ownership: Ownership
) -> Iterator[Problem]:
    """What each element must have by itself."""
    for type_ in composed_types(schema):
        yield from _described(type_)
        yield from _batched(type_)
    yield from _roots(schema)
    yield from _targets(contributions, ownership)


def check_references(
    schema: GraphQLSchema, contributions: Contributions, ownership: Ownership
) -> Iterator[Problem]:
    """What elements may refer to. Only meaningful when every name stands for one type."""
    for type_ in composed_types(schema):
        yield from _requirements(type_, ownership)
        yield from _audiences(type_, contributions)
    yield from _directives(schema)


def _described(type_: GraphQLNamedType) -> Iterator[Problem]:
    module = _module_of(type_)
    if not type_.description and type_.name not in LIBRARY_SCALARS:
        yield _undescribed(module, type_.name)
    if isinstance(type_, GraphQLEnumType):
        yield from (
            _undescribed(module, f"{type_.name}.{n}") for n, v in type_.values.items() if not v.description
        )
    for name, field in getattr(type_, "fields", {}).items():
        owner = _module_of(field, default=module)
        if not field.description:
            yield _undescribed(owner, f"{type_.name}.{name}")
        for argument, value in getattr(field, "args", {}).items():
            if not value.description:
                yield _undescribed(owner, f"{type_.name}.{name}({argument}:)")


def _undescribed(module: str, name: str) -> Problem:
    return Problem(module, name, "has no description; say in the words of its users what it is")


def _batched(type_: GraphQLNamedType) -> Iterator[Problem]:
    """A batched field gets objects of the type it is a field of, of which there are several."""
    origin = getattr(definition_of(type_), "origin", None)
    for name, field in getattr(type_, "fields", {}).items():
        batch = getattr(definition_of(field), "metadata", {}).get(BATCHED)
        owner, where = _module_of(field, default=_module_of(type_)), f"{type_.name}.{name}"
        if batch is not None and type_.name in ROOTS:
            yield Problem(owner, where, "is batched; a root is one object, so declare it with query_field")
        elif batch is not None and not batch.takes(origin):
            text = (
                f"is batched for parents of the type {batch.parents}, which {type_.name} is not; correct it"
            )
            yield Problem(owner, where, text)


def _requirements(type_: GraphQLNamedType, ownership: Ownership) -> Iterator[Problem]:
    """A module names only types of modules it requires."""
    own, module = modules_of(type_), _module_of(type_)
    for interface in getattr(type_, "interfaces", ()):
        for other in sorted(modules_of(interface) - _allowed(own, ownership)):
            yield _not_required(module, type_.name, "implements", interface.name, other)
    for name, field in getattr(type_, "fields", {}).items():
        definition = definition_of(field)
        if isinstance(definition, StrawberryField) and definition.metadata.get("optional"):
            continue
        allowed = _allowed(modules_of(field) or own, ownership) | own
        owner, where = _module_of(field, default=module), f"{type_.name}.{name}"
        arguments = getattr(field, "args", {}).values()
        for verb, element in (("is of type", field), *(("takes", argument) for argument in arguments)):
            named = get_named_type(element.type)
            for other in sorted(_named_modules(named) - allowed):
                yield _not_required(owner, where, verb, named.name, other)


def _audiences(type_: GraphQLNamedType, contributions: Contributions) -> Iterator[Problem]:
    """A contribution that names its audience must not lead to a type which part of it cannot see."""
    for name, field in getattr(type_, "fields", {}).items():
        definition = definition_of(field)
        entry = contributions.entry_of(definition) if definition is not None else None
        audience = entry.contribution.audience if entry else None
        if entry is None or audience is None:
            continue
        named = get_named_type(field.type)
        for token in owners_of(named):
            blind = sorted(
                member for member in audience if token.startswith("@") and not admits(token, member)
            )
            if blind:
                text = f"is also for {', '.join(blind)}, who cannot see {named}; declare its audience too"
                yield Problem(entry.part.code, f"{type_.name}.{name}", text)


def _allowed(modules: frozenset[str], ownership: Ownership) -> frozenset[str]:
    return frozenset[str]().union(*(ownership.closure(module) for module in modules))


def _named_modules(type_: Any) -> frozenset[str]:
    if isinstance(type_, GraphQLUnionType) and not isinstance(definition_of(type_), OpenUnion):
        return frozenset[str]().union(*(modules_of(member) for member in type_.types))
    return modules_of(type_)


def _not_required(module: str, where: str, verb: str, name: str, other: str) -> Problem:
    text = f"{verb} {name}, which '{other}' owns and '{module}' does not require; "
    if module == KERNEL:
        return Problem(module, where, text + f"let '{other}' contribute the field")
    return Problem(module, where, text + f"add '{other}' to requires or mark the field optional")


def _roots(schema: GraphQLSchema) -> Iterator[Problem]:
    for root in filter(None, (schema.query_type, schema.mutation_type, schema.subscription_type)):
        for name, field in root.fields.items():
            definition: StrawberryField = definition_of(field)
            module, where = _module_of(field), f"{root.name}.{name}"
            if definition.metadata.get("access") is None:
                text = "does not say who may use it; give it permission=, signed_in=True or public=True"
                yield Problem(module, where, text)
            if definition.is_basic_field:
                yield Problem(module, where, "has no resolver; a root has no values of its own")


def _targets(contributions: Contributions, ownership: Ownership) -> Iterator[Problem]:
    unreached, _ = contributions.unreached()
    for entry in unreached:
        name = _target_name(entry)
        text = f"extends {name}, which is not in the schema; let a field return it or add it with graph.type"
        yield Problem(entry.part.code, entry.contribution.where, text)
    for entry in contributions.reached():
        target = entry.contribution.target
        if isinstance(target, type):
            owner = ownership.module_of(target)
            if owner and owner not in ownership.closure(entry.part.code) and entry.part.code != KERNEL:
                text = (
                    f"extends {target.__name__}, which '{owner}' owns and '{entry.part.code}' does not "
                    f"require; add '{owner}' to requires or extend it by its name"
                )
                yield Problem(entry.part.code, entry.contribution.where, text)


def _target_name(entry: Entry) -> str:
    target = entry.contribution.target
    return target if isinstance(target, str) else f"{target.__module__}.{target.__qualname__}"


def _directives(schema: GraphQLSchema) -> Iterator[Problem]:
    """Directives are in every view, so what they take must be too."""
    for directive in schema.directives:
        arguments: Mapping[str, Any] = {} if is_specified_directive(directive) else directive.args
        for argument in arguments.values():
            named = get_named_type(argument.type)
            for module in modules_of(named):
                text = f"takes {named}, which '{module}' owns; directives are in every view, take a scalar"
                yield Problem(module, f"@{directive.name}", text)


def _module_of(element: Any, default: str = KERNEL) -> str:
    return next(iter(sorted(modules_of(element))), default)
