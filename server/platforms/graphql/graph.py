"""The kernel's contributions, collected by the files beside this one."""

from server.auth.audience import ADMINS
from server.context import Context
from server.graphql.graph import ModuleGraph
from server.graphql.info import Info
from server.platforms.services import services

graph = ModuleGraph("kernel", "server.platforms")


def is_shown(ctx: Context, module: str) -> bool:
    """Whether the caller may know that the module exists.

    Administrators know every one, because they switch them; to others what is off or internal does not exist.
    """
    is_open = module in ctx.modules and module not in services(ctx).registry.internal
    return ctx.caller.audience in ADMINS or is_open


def text(info: Info, module: str, key: str, default: str) -> str:
    """A text of a module in the caller's language."""
    ctx = info.context
    return services(ctx).registry.locales.text(module, key, ctx.locale, default=default)
