"""How long a second process still answers for a module that was switched off through the first."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson
import pytest

from tests.benchmarks.asking import Connection, Target, ask, operation
from tests.benchmarks.installation import Installation
from tests.benchmarks.load import percentile
from tests.benchmarks.tables import show

TOGGLES = 50
PLATFORMS_WITHOUT_REDIS = 5
SECONDS_WITHOUT_REDIS = 2.0
"""As installed: how long a process trusts what it knows while it gets no messages."""

DISABLE = 'mutation { disableModule(code: "billing") { __typename } }'
ENABLE = 'mutation { enableModule(code: "billing") { __typename } }'
CREATE = """mutation Create($code: String!) {
  createPlatform(code: $code, name: "Toggled") { __typename }
}"""
READ_BILLING = operation("{ tiers(first: 1) { nodes { id } } }")


@dataclass(frozen=True)
class Toggle:
    """Seconds from the request to switch off until the other process refuses.

    `answered`: how many of them the first process took to answer; the module is off in between, at the commit.
    """

    refused: float
    answered: float

    @property
    def after_answer(self) -> float:
        return max(0.0, self.refused - self.answered)


class Watch:
    """Asks a process for a billing field, again and again, on one connection."""

    def __init__(self, target: Target, pause: float) -> None:
        self._target, self._pause = target, pause
        self._request = target.request(READ_BILLING)
        self.asked = 0

    async def until(self, refused: bool) -> float:
        """The moment at which an answer came that was (or was not) a refusal."""
        connection = await Connection.to(self._target.port)
        try:
            while True:
                _, body = await connection.send(self._request)
                self.asked += 1
                if is_refusal(body) is refused:
                    return time.perf_counter()
                await asyncio.sleep(self._pause)
        finally:
            connection.close()


def is_refusal(body: bytes) -> bool:
    """Whether the field was not there, or nobody's permission to read it yet; any other error fails the run."""
    answer = orjson.loads(body)
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert codes <= {"GRAPHQL_VALIDATION_FAILED", "FORBIDDEN"}, body
    return bool(codes)


async def switch_off(first: Target, watch: Watch) -> Toggle:
    """Both processes answer for the module again at the end."""
    refusal = asyncio.create_task(watch.until(refused=True))
    await asyncio.sleep(0)
    began = time.perf_counter()
    data = await ask(first, DISABLE)
    answered = time.perf_counter()
    assert data["disableModule"]["__typename"] == "DisableModulePayload"
    toggle = Toggle(await refusal - began, answered - began)
    await ask(first, ENABLE)
    await watch.until(refused=False)
    return toggle


@pytest.fixture(scope="module")
def rows() -> list[tuple[str | float, ...]]:
    """What the tests of this file found, for one table."""
    return []


async def test_with_redis(installation: Installation, rows: list[tuple[str | float, ...]]) -> None:
    with installation.serve() as a, installation.serve() as b:
        token = await installation.sign_in(a.port, "oms-admin@demo.test", "oms")
        watch = Watch(Target(b.port, token), pause=0)
        toggles = [await switch_off(Target(a.port, token), watch) for _ in range(TOGGLES)]
    rows.append(_row("Redis connected", toggles))


async def test_without_redis(installation: Installation, rows: list[tuple[str | float, ...]]) -> None:
    codes = [f"toggled-{number}" for number in range(PLATFORMS_WITHOUT_REDIS)]
    with installation.serve() as a, installation.serve() as b:
        token = await installation.sign_in(a.port, "root@demo.test")
        for code in codes:
            await ask(Target(a.port, token), CREATE, code=code)
        installation.kill_valkey()
        await asyncio.sleep(SECONDS_WITHOUT_REDIS)
        found = await asyncio.gather(*(_some(a.port, b.port, token, code) for code in codes))
    toggles = [toggle for some in found for toggle in some]
    assert len(toggles) == TOGGLES
    rows.append(_row("Redis stopped", toggles))
    show(
        f"From a toggle in one process to refusal in a second, ms, {TOGGLES} toggles each",
        (
            *(
                "",
                "p50",
                "p99",
                "max",
                "p50 after the answer",
                "p99 after the answer",
                "max after the answer",
            ),
            *("answer p50",),
        ),
        rows,
        "Counted from the request to switch off; `after the answer` from when the first process said it was done.",
        "The second process is asked on one connection, the next question as soon as an answer is there.",
        f"Without Redis what is known is trusted for {SECONDS_WITHOUT_REDIS:g} s; toggles come at any moment of them.",
    )


async def _some(a: int, b: int, token: str, code: str) -> list[Toggle]:
    chance = random.Random(code)
    path = f"/p/{code}/graphql"
    watch = Watch(Target(b, token, path), pause=0.001)
    toggles = []
    for _ in range(TOGGLES // PLATFORMS_WITHOUT_REDIS):
        await asyncio.sleep(chance.random() * SECONDS_WITHOUT_REDIS)
        toggles.append(await switch_off(Target(a, token, path), watch))
    return toggles


def _row(name: str, toggles: list[Toggle]) -> tuple[str | float, ...]:
    def figures(of: Callable[[Toggle], float]) -> list[float]:
        values = [of(toggle) * 1000 for toggle in toggles]
        return [percentile(values, 0.5), percentile(values, 0.99), max(values)]

    answered = percentile([toggle.answered * 1000 for toggle in toggles], 0.5)
    return (name, *figures(lambda t: t.refused), *figures(lambda t: t.after_answer), answered)
