"""The menus of the front ends."""

from enum import Enum
from typing import Annotated

import strawberry

from server.auth.audience import ADMINS
from server.contracts.menu import Frontend as DeclaredFrontend
from server.graphql.fields import query_field
from server.graphql.info import Info
from server.platforms.graphql.graph import graph
from server.platforms.menus import MenuEntry, menu, menu_settings
from server.platforms.permissions import MANAGE_MENU


@strawberry.enum(description="An application that shows a menu.")
class Frontend(Enum):
    ADMIN = strawberry.enum_value("ADMIN", description="For administrators of the platform.")
    MERCHANT = strawberry.enum_value("MERCHANT", description="For merchants.")
    STORE = strawberry.enum_value("STORE", description="For the staff of a store.")


Which = Annotated[Frontend, strawberry.argument(description="The front end whose menu it is.")]


@strawberry.type(description="An entry of a menu.")
class MenuItem:
    code: str = strawberry.field(description="Its stable name, for programs.")
    module: str = strawberry.field(description="Code of the module it leads to.")
    label: str = strawberry.field(description="Its text in the caller's language.")
    path: str = strawberry.field(description="Where it leads, as a path of the web app.")
    icon: str = strawberry.field(description="Key of an icon.")
    section: str = strawberry.field(description="The group it stands in.")
    order: int = strawberry.field(description="Its place in the group; lower comes first.")
    is_visible: bool = strawberry.field(description="Whether the platform shows it.")


@graph.query
class MenuQuery:
    @query_field(
        description="What the caller finds in the menu of a front end: items of enabled modules that the "
        "platform shows and the caller may use.",
        signed_in=True,
    )
    async def menu(self, info: Info, frontend: Which) -> list[MenuItem]:
        return [to_item(entry) for entry in await menu(info.context, DeclaredFrontend(frontend.name))]


@graph.query(audience=ADMINS)
class MenuAdministration:
    @query_field(
        description="Every item that the enabled modules bring to a front end, hidden ones too.",
        permission=MANAGE_MENU,
    )
    async def menu_settings(self, info: Info, frontend: Which) -> list[MenuItem]:
        entries = await menu_settings(info.context, DeclaredFrontend(frontend.name))
        return [to_item(entry) for entry in entries]


def to_item(entry: MenuEntry) -> MenuItem:
    item = entry.item
    return MenuItem(
        code=item.code,
        module=entry.module,
        label=entry.label,
        path=item.path,
        icon=item.icon,
        section=item.section,
        order=item.order,
        is_visible=entry.is_visible,
    )
