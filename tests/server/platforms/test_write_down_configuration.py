"""Writing down how modules are configured."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.db.audit import AuditEntry
from server.errors import BadUserInput
from server.platforms.configuration import configure_module
from server.platforms.models import PlatformModule
from server.platforms.toggling import LONGEST_REASON
from server.testing import TestPlatform


async def entries(platform: TestPlatform) -> list[AuditEntry]:
    async with platform.context() as ctx:
        rows = await ctx.session.execute(
            select(AuditEntry).where(AuditEntry.platform_id == platform.id).order_by(AuditEntry.id)
        )
        return list(rows.scalars())


async def test_tells_a_secret_neither_as_it_is_nor_as_it_was(shop: TestPlatform) -> None:
    for values in ({"api_secret": "hush-one"}, {"api_secret": "hush-two", "trial_days": 7}):
        async with shop.context() as ctx:
            await configure_module(ctx, "inventory", values)

    assert [(entry.before, entry.after) for entry in await entries(shop)] == [
        ({}, {"api_secret": "[redacted]"}),
        ({"api_secret": "[redacted]"}, {"api_secret": "[redacted]", "trial_days": 7}),
    ]


async def test_refuses_a_reason_that_does_not_fit_and_stores_nothing(shop: TestPlatform) -> None:
    with pytest.raises(BadUserInput, match="The reason has 501 characters"):
        async with shop.context() as ctx:
            await configure_module(ctx, "inventory", {"trial_days": 7}, reason="x" * (LONGEST_REASON + 1))

    assert await entries(shop) == []
    async with shop.context() as ctx:
        stored = select(PlatformModule.id).where(PlatformModule.platform_id == shop.id)
        assert (await ctx.session.execute(stored)).all() == []
