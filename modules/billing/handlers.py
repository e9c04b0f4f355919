"""What billing does when something happens elsewhere."""

from __future__ import annotations

from modules.billing.service import rebuild_platform
from server.context import Context
from server.contracts.events import Handler, ModuleConfigured


async def derive_with_new_grace(ctx: Context, event: ModuleConfigured) -> None:
    """The days of grace decide when unpaid subscriptions stop counting, so the ledger follows them."""
    if event.module_code == "billing" and "grace_days" in event.keys:
        await rebuild_platform(ctx)


HANDLERS = (Handler(ModuleConfigured, derive_with_new_grace),)
