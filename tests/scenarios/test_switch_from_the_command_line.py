"""Switch modules from the command line, and take over a platform's old settings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from modules.billing.config import billing_config
from server.app import Facet
from server.cli import modules as commands
from server.embedded.servers import Servers
from server.errors import FacetError
from server.platforms.models import PlatformModule
from server.platforms.registry import Registry
from server.settings import Settings
from server.testing import TestPlatform

BEFORE = Path(__file__).with_name("settings_before.json")

Run = Callable[..., Awaitable[str]]


@pytest.fixture
def run(servers: Servers, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `facet modules …` as a process of its own would, on the servers of the tests."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Facet]:
        facet = Facet(Settings(), servers, registry)
        await facet.start()
        try:
            yield facet
        finally:
            await facet.stop()

    monkeypatch.setattr(commands, "opened", opened)

    async def command(*words: object) -> str:
        result = await asyncio.to_thread(
            CliRunner().invoke, commands.app, [str(word) for word in words], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return result.output

    return command


async def rows(platform: TestPlatform) -> dict[str, PlatformModule]:
    async with platform.context() as ctx:
        found = await ctx.session.execute(
            select(PlatformModule).where(PlatformModule.platform_id == platform.id)
        )
        return {row.module_code: row for row in found.scalars()}


async def test_lists_enables_and_disables(run: Run, facet: Facet) -> None:
    platform = await TestPlatform.create(facet, modules=[])

    enabled = await run("enable", "customers", "--platform", platform.code, "--reason", "Opening")
    listed = await run("list", "--platform", platform.code)
    disabled = await run("disable", "customers", "--platform", platform.code)
    again = await run("disable", "customers", "--platform", platform.code)

    assert enabled == "Enabled: customers\n"
    lines = [line.split() for line in listed.splitlines() if line.startswith("│")]
    on = {words[1]: words[7] for words in lines}
    assert on == {"tenancy": "yes", "customers": "yes", "billing": "no"}
    assert (disabled, again) == ("Disabled: customers\n", "Disabled: nothing, it was off\n")
    history = await platform.execute("{ moduleHistory { nodes { module action reason userName } } }")
    assert history.data["moduleHistory"]["nodes"] == [
        {"module": "customers", "action": "DISABLED", "reason": None, "userName": None},
        {"module": "customers", "action": "ENABLED", "reason": "Opening", "userName": None},
    ]


async def test_takes_over_old_settings_once(run: Run, facet: Facet, other_platform: TestPlatform) -> None:
    platform = await TestPlatform.create(facet, modules=[])

    first = await run("import-legacy", BEFORE, "--platform", platform.code)
    stored = await rows(platform)
    second = await run("import-legacy", BEFORE, "--platform", platform.code)

    assert (first, second) == ("Enabled: billing, customers\n", "Enabled: nothing new\n")
    assert {code: (row.is_enabled, row.config) for code, row in stored.items()} == {
        code: (True, config) for code, config in json.loads(BEFORE.read_text())["module_config"].items()
    }
    assert {code: row.updated_at for code, row in (await rows(platform)).items()} == {
        code: row.updated_at for code, row in stored.items()
    }
    assert all(row.enabled_at is not None for row in stored.values())
    async with platform.context() as ctx:
        config = await billing_config(ctx)
    assert (config.trial_days, config.invoice_prefix, config.mode, config.grace_days) == (
        30,
        "OLD",
        "live",
        30,
    )
    history = (await platform.execute("{ moduleHistory { nodes { module reason } } }")).data["moduleHistory"]
    assert {node["reason"] for node in history["nodes"]} == {"Taken over from the old settings."}
    assert await rows(other_platform) == {}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"enabled_modules": ["customers", "gifts"]}, "enabled_modules.gifts"),
        ({"module_config": {"billing": {"trial_days": 366}}}, "module_config.billing.trial_days"),
        ({"module_config": {"billing": {"colour": "red"}}}, "module_config.billing.colour"),
    ],
)
async def test_names_what_it_cannot_take_over_and_stores_nothing(
    run: Run, facet: Facet, tmp_path: Path, change: dict[str, object], wrong: str
) -> None:
    platform = await TestPlatform.create(facet, modules=["customers"])
    document = tmp_path / "settings.json"
    document.write_text(json.dumps(json.loads(BEFORE.read_text()) | change))

    with pytest.raises(FacetError) as refused:
        await run("import-legacy", document, "--platform", platform.code)

    assert [field.field for field in refused.value.details["fields"]] == [wrong]
    assert await rows(platform) == {}
    assert await facet.module_sets.get(platform.id) == {"tenancy", "customers"}


async def test_says_that_a_platform_is_unknown(run: Run) -> None:
    with pytest.raises(FacetError, match="No platform has the code 'nowhere'"):
        await run("list", "--platform", "nowhere")
