"""Results of mutations: a payload, or a typed error the client is expected to handle.

A service raises a `FacetError`; the error type of the mutation's union that names it in `raised_as` is answered,
filled from the exception's message, code and details. Other errors travel in the `errors` of the response.
"""

from typing import ClassVar

import strawberry

from server.errors import FacetError


@strawberry.interface(description="An expected failure of a mutation; nothing was changed.")
class Error:
    raised_as: ClassVar[tuple[type[FacetError], ...]] = ()

    code: str = strawberry.field(description="Stable name of the failure, for programs.")
    message: str = strawberry.field(description="What happened and what to do, for people.")


@strawberry.type(description="What is wrong with one field of the input.")
class FieldError:
    field: str = strawberry.field(description="The field, as a dotted path in the input.")
    message: str = strawberry.field(description="What is wrong with its value.")


class ValidationError(FacetError):
    """Values a schema refuses. `fields` are (dotted path, message) pairs."""

    code = "VALIDATION_FAILED"

    def __init__(self, message: str, fields: list[tuple[str, str]]) -> None:
        super().__init__(message, fields=[FieldError(field=path, message=text) for path, text in fields])


@strawberry.type(description="Some values of the input were refused; nothing was stored.")
class ValidationFailed(Error):
    raised_as: ClassVar[tuple[type[FacetError], ...]] = (ValidationError,)

    fields: list[FieldError] = strawberry.field(description="The refused fields.")
