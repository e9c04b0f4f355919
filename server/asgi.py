"""The ASGI application: `uvicorn --factory server.asgi:create`."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.app import Facet
from server.embedded.servers import open_servers
from server.http.endpoints import ModuleEndpoints
from server.http.front import Front
from server.http.graphql import CookieRules, GraphQLEndpoint
from server.http.guard import Guard
from server.http.probes import Check, Probes
from server.http.schema_file import SchemaFile
from server.http.visits import Visits
from server.platforms.installed import installed
from server.settings import settings

GARBAGE_THRESHOLDS = (10_000, 20, 50)
"""A request makes thousands of objects, nearly all without cycles; at Python's own thresholds the collector looks
through them several times per request."""

WELCOME = """Facet: one GraphQL schema made of modules.

POST a query to /graphql (or /p/<platform>/graphql) with a bearer token; the mutation signIn gives one.
Download your schema from /schema.graphql.
"""


@dataclass(frozen=True)
class Served:
    """The ASGI application and the probes that tell a load balancer when it stops."""

    app: Starlette
    probes: Probes


def create() -> Starlette:
    """The application with the settings of the environment. Starts embedded servers where none are named."""
    return serve(Facet(settings(), open_servers(settings()), installed())).app


def serve(facet: Facet) -> Served:
    """`facet` over HTTP; it starts and stops with the application."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await facet.start()
        settle_garbage()
        yield
        await facet.stop()

    is_production = facet.settings.environment == "production"
    probes = Probes(checks(facet), facet.meters)
    visits = Visits(facet.callers, facet.platforms, facet.views, facet.reading_context)
    endpoint = graphql_endpoint(facet, visits, secure=is_production)
    app = Front(
        Guard(endpoint, meters=facet.meters, https_only=is_production),
        routes=[*api_routes(facet, visits, endpoint), *probes.routes()],
        lifespan=lifespan,
        middleware=[Middleware(Guard, meters=facet.meters, https_only=is_production)],
    )
    return Served(app, probes)


def settle_garbage() -> None:
    """Look for garbage less often, and never again in what was there at the start: it stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def graphql_endpoint(facet: Facet, visits: Visits, *, secure: bool) -> GraphQLEndpoint:
    """The endpoint behind `/graphql`."""
    return GraphQLEndpoint(
        visits.open,
        facet.operations,
        facet.meters,
        cookies=CookieRules(secure=secure, max_age=facet.settings.session_days * 86_400),
        compress_from=facet.settings.compress_from_bytes,
    )


def api_routes(facet: Facet, visits: Visits, endpoint: GraphQLEndpoint) -> list[Route]:
    """The API, for the platform of the token or host and for one named in the path."""
    schema_file = SchemaFile(visits.open, compress_from=facet.settings.compress_from_bytes)
    modules = ModuleEndpoints(
        {code: definition.endpoints for code, definition in facet.registry.modules.items()},
        visits.open,
        facet.operations,
        internal=facet.registry.internal,
    )
    return [
        Route("/", welcome, methods=["GET"]),
        Route("/graphql", endpoint),
        Route("/p/{platform}/graphql", endpoint),
        Route("/schema.graphql", schema_file.respond, methods=["GET"]),
        Route("/p/{platform}/schema.graphql", schema_file.respond, methods=["GET"]),
        *modules.routes(),
    ]


async def welcome(_request: Request) -> Response:
    """What a person sees who opens the address."""
    return PlainTextResponse(WELCOME)


def checks(facet: Facet) -> list[Check]:
    """What `/readyz` asks: the database is required; without Redis or a module the process serves on."""
    return [
        Check("database", facet.database.ping, required=True),
        Check("redis", facet.ping_redis),
        Check("modules", facet.health.overall_of_modules),
    ]
