"""The kernel's contributions, collected by the files beside this one."""

from server.auth.audience import ADMINS
from server.context import Context
from server.graphql.graph import ModuleGraph
from server.graphql.info import Info
from server.platforms.services import services

graph = ModuleGraph("kernel", "server.platforms")


def is_shown(ctx: Context, module: str) -> bool:
    """Whether the caller may know that the module exists: internal ones are for administrators."""
    return ctx.caller.audience in ADMINS or module not in services(ctx).registry.internal


def text(info: Info, module: str, key: str, default: str) -> str:
    """A text of a module in the caller's language."""
    ctx = info.context
    return services(ctx).registry.locales.text(module, key, ctx.locale, default=default)
