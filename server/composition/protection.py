"""Wraps resolvers once, after the schema is built: access checks, and one transaction around each mutation."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from graphql import GraphQLResolveInfo, GraphQLUnionType, get_named_type
from strawberry.types.field import StrawberryField

from server.composition.schema import ComposedSchema, Resolve
from server.composition.stamp import definition_of
from server.context import Context
from server.errors import FacetError
from server.events.transaction import commit, roll_back
from server.graphql.fields import ACCESS, Access
from server.graphql.graph import MUTATION
from server.graphql.guarded import Guarded
from server.graphql.results import Error

ErrorTypes = tuple[type[Error], ...]


def protect(schema: ComposedSchema) -> None:
    """Make every declared access rule and every mutation's transaction hold."""

    def wrapper(type_name: str, name: str, field: StrawberryField | None, resolve: Resolve) -> Resolve:
        access = field.metadata.get(ACCESS) if field else None
        if type_name == MUTATION and access is not None:
            return mutation(resolve, access, expected_errors(schema, name))
        return Guarded(resolve, access) if access is not None else resolve

    schema.wrap_fields(wrapper)


def mutation(resolve: Resolve, access: Access, errors: ErrorTypes) -> Resolve:
    """`resolve` behind its access rule and in one transaction; expected errors become members of its result."""

    async def resolver(root: Any, info: GraphQLResolveInfo[Context], /, **arguments: Any) -> Any:
        ctx: Context = info.context
        access.check(ctx)
        await ctx.services.open_for_writing(ctx)
        try:
            result = resolve(root, info, **arguments)
            if isawaitable(result):
                result = await result
            if isinstance(result, Error):
                await roll_back(ctx)
            else:
                await commit(ctx)
        except FacetError as error:
            await roll_back(ctx)
            return as_member(error, errors)
        except BaseException:
            await roll_back(ctx)
            raise
        finally:
            ctx.forget_loaded()
        return result

    return resolver


def as_member(error: FacetError, errors: ErrorTypes) -> Error:
    """The member of the result union that stands for `error`; raises `error` when there is none."""
    for member in errors:
        if isinstance(error, member.raised_as):
            build: Callable[..., Error] = member
            return build(code=error.code, message=error.message, **error.details)
    raise error


def expected_errors(schema: ComposedSchema, mutation_name: str) -> ErrorTypes:
    """The error types in the result union of a mutation."""
    root = schema.graphql_schema.mutation_type
    result = get_named_type(root.fields[mutation_name].type) if root else None
    if not isinstance(result, GraphQLUnionType):
        return ()
    classes = [getattr(definition_of(member), "origin", None) for member in result.types]
    return tuple(cls for cls in classes if isinstance(cls, type) and issubclass(cls, Error))
