"""Setting up billing on a platform."""

from __future__ import annotations

from datetime import timedelta

import pytest

from modules.billing.config import billing_config
from modules.billing.models import MrrMovement
from modules.billing.repository import MrrMovementRepository
from server.graphql.results import ValidationError
from server.platforms.configuration import configure_module
from server.testing import TestPlatform
from tests.modules.billing.asking import a_subscription, movements


async def test_begins_with_the_defaults(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        config = await billing_config(ctx)

    assert (config.trial_days, config.invoice_prefix, config.mode, config.grace_days) == (
        14,
        "INV",
        "test",
        30,
    )
    assert config.stripe_secret_key is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trial_days", -1),
        ("trial_days", 366),
        ("invoice_prefix", "ELEVENCHARS"),
        ("mode", "prod"),
        ("grace_days", 366),
    ],
)
async def test_refuses_what_is_out_of_bounds(platform: TestPlatform, field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        async with platform.context() as ctx:
            await configure_module(ctx, "billing", {field: value, "grace_days": 5} | {field: value})

    assert [wrong.field for wrong in refused.value.details["fields"]] == [field]
    async with platform.context() as ctx:
        assert (await billing_config(ctx)).grace_days == 30


async def test_derives_the_ledger_again_when_the_days_of_grace_change(platform: TestPlatform) -> None:
    async with platform.context() as ctx:
        unpaid_since = ctx.clock.now() - timedelta(days=10)
    await a_subscription(platform, changes=[{"at": unpaid_since, "status": "past_due"}])

    async with platform.context() as ctx:
        await configure_module(ctx, "billing", {"grace_days": 5})

    assert await movements(platform) == [("new", "start", 5_000, 5_000), ("churn", "past_due", -5_000, 0)]
    async with platform.context() as ctx:
        ledger = MrrMovementRepository(ctx)
        [churn] = await ledger.all(ledger.owned().where(MrrMovement.kind == "churn"))
    assert churn.at == unpaid_since + timedelta(days=5)
