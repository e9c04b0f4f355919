"""Sends an operation to a view the way the server does: parse, validate, execute."""

from typing import Any

from graphql import parse

from server.composition import SchemaView


async def ask(view: SchemaView, text: str, context: Any = None, **variables: Any) -> tuple[Any, list[str]]:
    """The data and the messages of the errors."""
    document = parse(text)
    errors = view.validate(document)
    if errors:
        return None, [error.message for error in errors]
    result = await view.execute_document(document, context=context, variables=variables)
    return result.data, [error.message for error in result.errors or ()]
