"""A small schema of one module, enough to show every limit of the endpoint."""

from types import SimpleNamespace
from typing import Annotated, cast

import strawberry

from server.composition import ComposedModule, Composer, ViewCache
from server.composition.parts import KERNEL
from server.db.paging import Page
from server.errors import FacetError, NotFound
from server.graphql.connections import Connection, connection
from server.graphql.fields import field, mutation_field, query_field
from server.graphql.graph import ModuleGraph
from server.graphql.info import Info

MODULE = "library"
graph = ModuleGraph(KERNEL, __package__)
hidden = ModuleGraph("vault", f"{__package__}.vault")

First = Annotated[int | None, strawberry.argument(description="Page size.")]


async def _none() -> int:
    return 0


def _no_books() -> "Connection[Book]":
    page = SimpleNamespace(rows=(), cursors=[], has_next=False, has_previous=False, count=_none, written=None)
    return connection(cast("Page[Book]", page), lambda book: book)


@strawberry.type(description="Someone who writes.")
class Author:
    name: str = strawberry.field(description="Full name.")

    @field(description="What they wrote.")
    def books(self, first: First = 10, last: First = None) -> "Connection[Book]":
        return _no_books()


@strawberry.type(description="Something to read.")
class Book:
    title: str = strawberry.field(description="Title.")
    isbn: strawberry.ID = strawberry.field(description="Number.")
    pages: int = strawberry.field(description="Pages.")

    @field(description="Who wrote it.")
    def author(self) -> Author:
        return Author(name="Ada")

    @field(description="Books alike, as a plain list.")
    def similar(self) -> list["Book"]:
        return []

    @field(description="The same, known to be short.", list_size=3)
    def sequels(self) -> list["Book"]:
        return []

    @field(description="A number that takes long to work out.", cost=40)
    def rating(self) -> float:
        return 4.5


@strawberry.input(description="Which books.")
class BookFilter:
    isbns: list[strawberry.ID] | None = strawberry.field(default=None, description="These.")
    inner: "BookFilter | None" = strawberry.field(default=None, description="And these.")


class ShelfFull(FacetError):
    code = "LIBRARY_SHELF_FULL"


@graph.query
class LibraryQuery:
    @query_field(description="A greeting.", signed_in=True)
    def hello(self) -> str:
        return "hello"

    @query_field(description="What was sent.", signed_in=True)
    def echo(
        self,
        text: Annotated[str | None, strawberry.argument(description="Text.")] = None,
        number: Annotated[float | None, strawberry.argument(description="Number.")] = None,
        count: Annotated[int | None, strawberry.argument(description="Count.")] = None,
        filter: Annotated[BookFilter | None, strawberry.argument(description="Filter.")] = None,
    ) -> str | None:
        return text

    @query_field(description="One book.", signed_in=True)
    def book(self) -> Book:
        return Book(title="Notes", isbn=strawberry.ID("1"), pages=10)

    @query_field(description="A page of books.", signed_in=True)
    def books(
        self,
        first: First = 20,
        after: Annotated[str | None, strawberry.argument(description="Cursor.")] = None,
    ) -> Connection[Book]:
        return _no_books()

    @query_field(description="A page whose size has no default.", signed_in=True)
    def shelf(self, first: First = None) -> Connection[Book]:
        return _no_books()

    @query_field(description="Fails as expected.", signed_in=True)
    def missing(self) -> str | None:
        raise NotFound("There is no such book.", isbn="1")

    @query_field(description="Fails unexpectedly.", signed_in=True)
    def broken(self, text: Annotated[str, strawberry.argument(description="Text.")] = "") -> str | None:
        raise RuntimeError(f"secret-in-exception {text}")

    @query_field(description="Fails where null is not allowed.", signed_in=True)
    def broken_for_good(self) -> str:
        raise RuntimeError("secret-in-exception")

    @query_field(description="Sets and clears cookies.", signed_in=True)
    def cookies(self, info: Info) -> bool:
        info.context.response_cookies.update({"session": "value", "old": None})
        return True


@strawberry.type(description="Signed in.")
class SignInPayload:
    token: str = strawberry.field(description="Bearer token.")
    book: Book = strawberry.field(description="A book to begin with.")


@strawberry.type(description="Not signed in.")
class SignInError:
    code: str = strawberry.field(description="Code.")
    message: str = strawberry.field(description="Cause.")


SignInResult = Annotated[
    SignInPayload | SignInError, strawberry.union("SignInResult", description="What became of it.")
]


@graph.mutation
class LibraryMutation:
    @mutation_field(description="Start a session.", public=True)
    def sign_in(
        self,
        email: Annotated[str, strawberry.argument(description="E-mail address.")],
        password: Annotated[str, strawberry.argument(description="Password.")],
    ) -> SignInResult | None:
        return SignInError(code="INVALID_CREDENTIALS", message="Wrong e-mail address or password.")

    @mutation_field(description="Put a book back.", signed_in=True)
    def put_back(self) -> bool:
        raise ShelfFull("The shelf holds 3 books already.", books=3)


@hidden.query
class VaultQuery:
    @query_field(description="A secret of a module.", signed_in=True)
    def vault_secret(self, first: First = 20) -> str:
        return "secret"


def compose() -> ViewCache:
    parts = [
        ComposedModule(code=KERNEL, package=__package__, graph=graph),
        ComposedModule(code="vault", package=f"{__package__}.vault", graph=hidden),
    ]
    return ViewCache(Composer(parts).compose())
