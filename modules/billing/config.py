"""What a platform may set about billing."""

from __future__ import annotations

from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from server.context import Context
from server.platforms.configuration import module_config


class BillingConfig(BaseModel):
    """Settings of the billing module."""

    model_config = ConfigDict(extra="forbid")

    trial_days: int = Field(14, ge=0, le=365, description="Days a new subscription is free; 0: no trial.")
    invoice_prefix: str = Field("INV", max_length=10, description="What invoice numbers begin with.")
    mode: Literal["test", "live"] = Field("test", description="`live` charges real money.")
    grace_days: int = Field(
        30, ge=0, le=365, description="Days an unpaid subscription keeps counting as recurring revenue."
    )
    stripe_secret_key: SecretStr | None = Field(None, description="Secret key of the Stripe account.")


async def billing_config(ctx: Context) -> BillingConfig:
    """The settings in force on the context's platform; read once per operation."""
    return cast(BillingConfig, (await module_config(ctx, "billing")).values)
