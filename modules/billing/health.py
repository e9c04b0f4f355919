"""Whether billing can do its work on a platform."""

from __future__ import annotations

from modules.billing.config import billing_config
from server.context import Context
from server.contracts.health import Health, HealthStatus


async def check_health(ctx: Context | None) -> Health:
    """Nothing to say of the process; a platform that charges real money needs its key."""
    if ctx is None:
        return Health()
    config = await billing_config(ctx)
    if config.mode == "live" and config.stripe_secret_key is None:
        message = "The mode is live and stripe_secret_key is not set; set it, or set the mode to test."
        return Health(HealthStatus.UNHEALTHY, message, {"mode": config.mode})
    return Health(details={"mode": config.mode})
