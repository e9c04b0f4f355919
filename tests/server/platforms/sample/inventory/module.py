"""An optional module with everything that can be switched, set and asked."""

from typing import Annotated, Literal

import strawberry
from annotated_types import Ge, Le
from pydantic import BaseModel, Field, SecretStr

from server.context import Context
from server.contracts.endpoints import Call, Endpoint, Reply
from server.contracts.events import Handler, ModuleConfigured, ModuleDisabled
from server.contracts.features import FeatureDeclaration, FeatureKind
from server.contracts.health import Health, HealthStatus
from server.contracts.menu import Frontend, MenuItem
from server.contracts.module import ModuleDefinition
from server.contracts.permissions import ADMIN_ROLES, ALL_ROLES, Permission
from server.graphql.fields import Access, query_field
from server.graphql.graph import ModuleGraph
from tests.server.platforms.sample import journal

graph = ModuleGraph("inventory", __package__ or "")


@strawberry.type(description="A thing in stock.")
class StockItem:
    name: str = strawberry.field(description="Its name.")


@graph.query
class InventoryQuery:
    @query_field(description="What is in stock.", permission="inventory.view")
    def stock(self) -> list[StockItem]:
        return [StockItem(name="Tea")]


class Warehouse(BaseModel):
    city: str = "Paris"
    floors: int = Field(1, ge=1, le=10)


class InventoryConfig(BaseModel):
    trial_days: Annotated[int, Ge(0), Le(365)] = 14
    prefix: str = Field("INV", max_length=10)
    mode: Literal["test", "live"] = "test"
    api_secret: SecretStr | None = None
    warehouse: Warehouse = Warehouse()


async def health_check(ctx: Context | None) -> Health:
    where = {"asked about": ctx.current_platform.code} if ctx else {}
    return Health(HealthStatus.UNHEALTHY, "The scales do not answer.", {"scales": "away"} | where)


async def download(ctx: Context, call: Call) -> Reply:
    text = f"{call.parts['name']} on {ctx.current_platform.code}, {call.query.get('colour', 'plain')}"
    return Reply(text.encode(), "text/plain", headers={"Content-Disposition": "attachment"})


async def receive(ctx: Context, call: Call) -> Reply:
    """Writes down what it is sent, and refuses it when that is `no`, or fails when it is `bug`."""
    ctx.audit("inventory.received", subject=call.body.decode())
    if call.body == b"bug":
        raise RuntimeError("secret-in-an-endpoint")
    return Reply(status=400 if call.body == b"no" else 204)


module = ModuleDefinition(
    code="inventory",
    name="Inventory",
    description="What is in stock.",
    version="2.1.0",
    graph=graph,
    config=InventoryConfig,
    default_config={"prefix": "STK"},
    permissions=(
        Permission("inventory.view", "View stock", "See what is in stock.", roles=ALL_ROLES),
        Permission("inventory.manage", "Manage stock", "Change what is in stock.", roles=ADMIN_ROLES),
    ),
    features=(
        FeatureDeclaration("stock_alerts", "Stock alerts", "Be told when something runs out.", order=20),
        FeatureDeclaration(
            "stock_places",
            "Places",
            "How many places.",
            kind=FeatureKind.QUANTITATIVE,
            default_limit=3,
            unit="places",
            order=10,
        ),
    ),
    menu=(
        MenuItem(
            code="inventory.stock",
            label="Stock",
            path="/stock",
            icon="box",
            frontends=frozenset({Frontend.ADMIN, Frontend.STORE}),
            permission="inventory.view",
            order=20,
        ),
        MenuItem(
            code="inventory.settings",
            label="Stock settings",
            path="/stock/settings",
            icon="gear",
            frontends=frozenset({Frontend.ADMIN, Frontend.STORE}),
            permission="inventory.manage",
            order=10,
        ),
    ),
    handlers=(
        Handler(ModuleDisabled, journal.listen_in_inventory),
        Handler(ModuleConfigured, journal.listen_in_inventory),
    ),
    endpoints=(
        Endpoint(path="/stock/{name}", answer=download, access=Access(permission="inventory.view")),
        Endpoint(path="/hooks", method="POST", answer=receive, access=Access(public=True)),
    ),
    on_enable=journal.hook("inventory", "on_enable"),
    on_disable=journal.hook("inventory", "on_disable"),
    health_check=health_check,
)
