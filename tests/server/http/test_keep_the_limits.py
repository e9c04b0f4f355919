"""Each limit lets through what is exactly on it and refuses one more, with the figure and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphql import get_introspection_query, parse

from server.composition import ViewCache
from server.http.limits import Limits
from server.http.measure import Meter
from tests.server.http.conftest import Site, open_site

LIMITS = Limits()


def _depth(count: int) -> str:
    # book and author alternate; the innermost field is the last level
    names = ["book", *(["author", "books(first:1)", "nodes"] * count)][: count - 1]
    leaf = "name" if names[-1] == "author" else "title" if names[-1] in {"book", "nodes"} else "__typename"
    return "{" + "{".join([*names, leaf]) + "}" * count


def _aliases(count: int) -> str:
    return "{book{" + " ".join(f"a{i}:title" for i in range(count)) + "}}"


def _directives(count: int) -> str:
    return "{book{" + " ".join("title @skip(if:false)" for _ in range(count)) + "}}"


def _root_fields(count: int) -> str:
    return "{" + "hello " * count + "}"


def _fields(count: int) -> str:
    # 4 fields each time, 19 different paths
    books = [f"a{i}:books(first:1){{nodes{{{'title isbn pages ' * 8}}}}}" for i in range(19)]
    text = "{" + " ".join(books)
    rest = count - 19 * (2 + 24)
    return text + " book{" + "title " * (rest - 1) + "}}"


def _repeats(count: int) -> str:
    return "{book{...F author{books(first:1){nodes{title}}}}} fragment F on Book{" + "title " * count + "}"


def _literals(count: int) -> str:
    return "{echo(filter:{isbns:[" + "1 " * count + "]})}"


def _default_literals(count: int) -> str:
    return "query($f:BookFilter={isbns:[" + "1 " * count + "]}){echo(filter:$f)}"


def _introspection_aliases(count: int) -> str:
    return "{__schema{" + " ".join(f"a{i}:description" for i in range(count)) + "}}"


def _introspection_fields(count: int) -> str:
    names = ["name", "description", "kind", "isOneOf", "specifiedByURL", "__typename"]
    paths = ["types", "queryType", "mutationType", "subscriptionType"]
    inner = {path: " ".join(names * 20) for path in paths}
    rest = count - 4 * 121 - 1
    return "{__schema{" + " ".join(f"{p}{{{inner[p]}}}" for p in paths) + " __typename" * (rest + 1) + "}}"


def _introspection_depth(count: int) -> str:
    # __schema, types, then `count` - 3 times ofType, then a name
    return "{__schema{types" + "{ofType" * (count - 3) + "{name}" + "}" * (count - 3) + "}}"


SHAPES: list[tuple[Callable[[int], str], int, str]] = [
    (_depth, 12, "nests fields {} deep"),
    (_aliases, 30, "uses {} aliases"),
    (_directives, 8, "uses {} directives"),
    (_root_fields, 20, "selects {} root fields"),
    (_fields, 500, "selects {} fields"),
    (_repeats, 30, "selects one field {} times"),
    (_literals, 250, "has a list of {} values"),
    (_default_literals, 250, "has a list of {} values"),
    (_introspection_aliases, 8, "uses {} aliases inside introspection"),
    (_introspection_fields, 500, "selects {} introspection fields"),
    (_introspection_depth, 20, "nests introspection {} deep"),
]


@pytest.mark.parametrize(("build", "limit", "what"), SHAPES, ids=lambda value: getattr(value, "__name__", ""))
async def test_lets_through_the_limit_and_refuses_one_more(
    site: Site, build: Callable[[int], str], limit: int, what: str
) -> None:
    on_the_limit = await site.query(build(limit))
    one_more = await site.query(build(limit + 1))

    assert on_the_limit.status_code == 200, on_the_limit.text
    assert "errors" not in on_the_limit.json()
    assert one_more.status_code == 400
    (error,) = one_more.json()["errors"]
    assert error["message"].startswith(f"The operation {what.format(limit + 1)}; the limit is {limit}. ")
    assert error["extensions"] == {"code": "QUERY_TOO_COSTLY", "actual": limit + 1, "limit": limit}
    assert error["locations"][0]["line"] == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{" + "hello " * 1_500 + "}", "more than 1500"),
        ("#\n" * 101 + "{hello}", "more than 100 comments"),
        ("{hello}" + " " * 65_536, "65536"),
    ],
    ids=["tokens", "comments", "characters"],
)
async def test_refuses_long_texts_while_reading_them(site: Site, text: str, code: str) -> None:
    response = await site.query(text)

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert code in error["message"]
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


async def test_reads_exactly_as_many_tokens_as_allowed(views: ViewCache) -> None:
    async with open_site(views, limits=Limits(tokens=7)) as site:
        on_the_limit = await site.query("{ book { title isbn } }")
        one_more = await site.query("{ book { title isbn pages } }")

    assert on_the_limit.status_code == 200
    assert "more than 7" in one_more.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("fragments", "message"),
    [
        (
            "fragment F on Book { author { books { nodes { ...F } } } }",
            "Fragment 'F' contains itself; remove the spread that leads back to it.",
        ),
        (
            "fragment F on Book { ...G ...G } fragment G on Book { ...F ...F }",
            "Fragment 'F' contains itself; remove the spread that leads back to it.",
        ),
        (
            "fragment F on Book { title } fragment G on Book { " + "author { name } " * 240 + "}",
            "Fragment 'G' is never used; remove it.",
        ),
        (
            "fragment F on Book { title } fragment F on Book { " + "author { name } " * 240 + "}",
            "There are several fragments named 'F'; give each its own name.",
        ),
    ],
    ids=["cycle", "doubling cycle", "unused", "same name"],
)
async def test_refuses_fragments_that_hide_work_for_validation(
    site: Site, fragments: str, message: str
) -> None:
    response = await site.query("{ book { ...F } } " + fragments)

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["message"] == message
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


async def test_names_every_limit_that_is_broken(site: Site) -> None:
    text = "{" + " ".join(f"a{i}:hello" for i in range(31)) + "}"

    response = await site.query(text)

    assert [error["extensions"]["actual"] for error in response.json()["errors"]] == [31, 31]


async def test_points_at_the_field_that_is_too_deep(site: Site) -> None:
    text = _depth(13).replace("{title}", "{\ntitle}").replace("{name}", "{\nname}")

    response = await site.query(text.replace("{__typename}", "{\n__typename}"))

    assert response.json()["errors"][0]["locations"] == [{"line": 2, "column": 1}]


async def test_counts_fragments_where_they_are_used(site: Site) -> None:
    text = (
        "{a:book{...B} b:book{...B}} fragment B on Book{" + " ".join(f"t{i}:title" for i in range(15)) + "}"
    )

    response = await site.query(text)

    assert response.json()["errors"][0]["extensions"]["actual"] == 32


@pytest.mark.parametrize("levels", [18, 26, 100])
def test_measures_doubling_fragments_once_each(levels: int) -> None:
    fragments = "".join(f"fragment F{i} on Book{{...F{i + 1} ...F{i + 1}}}" for i in range(levels))
    document = parse("{book{...F0}}" + fragments + f"fragment F{levels} on Book{{title}}")
    meter = Meter(document)

    measure = meter.operation(document.definitions[0])  # type: ignore[arg-type]

    assert meter.visited <= 2 * levels + 3
    if levels < 60:
        assert measure.fields == 2**levels + 1
    else:
        assert measure.tangled


@pytest.mark.parametrize("levels", [18, 26, 60])
async def test_refuses_doubling_fragments(site: Site, levels: int) -> None:
    spreads = "".join(
        f"fragment F{i} on Book{{a:author{{books{{nodes{{...F{i + 1}}}}}}} ...F{i + 1} ...F{i + 1}}}"
        for i in range(levels)
    )

    response = await site.query("{book{...F0}}" + spreads + f"fragment F{levels} on Book{{title}}")

    assert response.status_code == 400
    assert {e["extensions"]["code"] for e in response.json()["errors"]} <= {
        "QUERY_TOO_COSTLY",
        "GRAPHQL_PARSE_FAILED",
    }


@pytest.mark.parametrize("size", [0, -1, 101, 1_000_000])
@pytest.mark.parametrize("argument", ["first", "last"])
async def test_refuses_page_sizes_outside_1_to_100(site: Site, argument: str, size: int) -> None:
    inner = f"books({argument}: $size){{nodes{{title}}}}"
    by_literal = await site.query("{book{author{" + inner.replace("$size", str(size)) + "}}}")
    by_variable = await site.query("query($size:Int){book{author{" + inner + "}}}", {"size": size})
    by_default = await site.query(f"query($size:Int={size})" + "{book{author{" + inner + "}}}")

    for response in (by_literal, by_variable, by_default):
        assert response.status_code == 400
        (error,) = response.json()["errors"]
        assert error["message"] == (
            f"`{argument}` of `books` is {size}; it must be between 1 and 100. Read further pages with `after`."
        )
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "limit": 100}


@pytest.mark.parametrize("size", [1, 100])
async def test_accepts_the_smallest_and_the_largest_page(site: Site, size: int) -> None:
    by_literal = await site.query(f"{{books(first:{size}){{nodes{{title}}}}}}")
    by_variable = await site.query("query($f:Int){books(first:$f){nodes{title}}}", {"f": size})

    assert by_literal.json()["data"] == {"books": {"nodes": []}}
    assert by_variable.json() == by_literal.json() | {"extensions": by_variable.json()["extensions"]}


async def test_refuses_lists_of_more_than_250_values_in_variables(site: Site) -> None:
    text = "query($f:BookFilter){echo(filter:$f)}"

    on_the_limit = await site.query(text, {"f": {"inner": {"isbns": ["1"] * 250}}})
    one_more = await site.query(text, {"f": {"inner": {"isbns": ["1"] * 251}}})

    assert on_the_limit.json()["data"] == {"echo": None}
    assert one_more.status_code == 400
    assert one_more.json()["errors"] == [
        {
            "message": "A list in variable $f has 251 values; the limit is 250. Send them in several requests.",
            "extensions": {"code": "BAD_USER_INPUT", "actual": 251, "limit": 250},
        }
    ]


async def test_refuses_variables_that_nest_too_deeply(site: Site) -> None:
    value: dict[str, object] = {}
    for _ in range(33):
        value = {"inner": value}

    response = await site.query("query($f:BookFilter){echo(filter:$f)}", {"f": value})

    assert (
        response.json()["errors"][0]["message"] == "Variable $f nests deeper than 32; send a flatter value."
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {
            "specified_by_url": True,
            "directive_is_repeatable": True,
            "schema_description": True,
            "input_value_deprecation": True,
            "one_of": True,
        },
    ],
    ids=["plain", "everything"],
)
async def test_accepts_the_standard_introspection_query(site: Site, options: dict[str, bool]) -> None:
    text = get_introspection_query(**options)

    first = await site.query(text)
    again = await site.query(text)

    assert first.status_code == 200
    assert "errors" not in first.json()
    assert first.json()["data"] == again.json()["data"]
    assert "vaultSecret" not in first.text


async def test_refuses_introspection_that_multiplies(site: Site) -> None:
    cyclic = await site.query("{__schema{types{fields{type{fields{type{fields{name}}}}}}}}")
    repeated = await site.query("{" + " ".join(f"a{i}:__schema{{description}}" for i in range(6)) + "}")

    assert cyclic.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert repeated.json()["errors"][0]["extensions"] == {
        "code": "QUERY_TOO_COSTLY",
        "actual": 6_000,
        "limit": 5_000,
    }


LEGITIMATE = [
    "{hello}",
    (
        "query Books($first:Int=20,$after:String){books(first:$first,after:$after){totalCount "
        "pageInfo{hasNextPage hasPreviousPage startCursor endCursor} edges{cursor node{title isbn pages}}}}"
    ),
    "query Page($first:Int!){books(first:$first){nodes{...Card}}} fragment Card on Book{title author{name}}",
    "{book{title rating sequels{title} similar{title author{name}}}}",
    "query Two{a:book{title} b:book{title} hello __typename}",
    (
        "mutation SignIn($e:String!,$p:String!){signIn(email:$e,password:$p){__typename ... on SignInPayload"
        "{token book{title}} ... on SignInError{code message}}}"
    ),
]
VALUES = {"first": 50, "after": None, "e": "a", "p": "b"}


@pytest.mark.parametrize("text", LEGITIMATE)
async def test_accepts_what_applications_ask(site: Site, text: str) -> None:
    variables = {name: value for name, value in VALUES.items() if f"${name}" in text}

    response = await site.query(text, variables)

    assert response.status_code == 200, response.text
    assert "errors" not in response.json()
