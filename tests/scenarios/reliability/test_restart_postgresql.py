"""PostgreSQL restarts: reads wait it out, changes are stored once or say that they were not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.scenarios.reliability.machine import DASHBOARD, Machine, Mode, Site

READERS = 10
CREATE = """
mutation ($name: String!) {
  createMerchant(name: $name) { __typename ... on CreateMerchantPayload { merchant { name } } }
}
"""
PATIENT = {"retry_seconds": 30.0, "operation_seconds": 60.0}


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_no_read_fails_while_it_restarts(machine: Machine, mode: Mode) -> None:
    # Nothing about platforms is trusted for long, so those look-ups meet the restart as well.
    async with machine.site(module_set_seconds=0.001, **PATIENT) as site, asyncio.timeout(90):
        expected = await site.answer(DASHBOARD)
        over = asyncio.Event()
        warm = asyncio.Barrier(READERS + 1)

        async def read() -> int:
            for _ in range(2):
                assert await site.answer(DASHBOARD) == expected
            await warm.wait()
            answers = 0
            while not over.is_set():
                assert await site.answer(DASHBOARD) == expected
                answers += 1
            return answers

        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(read()) for _ in range(READERS)]
            await warm.wait()
            await machine.restart_postgres(mode)
            for _ in range(3):
                assert await site.answer(DASHBOARD) == expected
            over.set()

        assert all(reader.result() > 0 for reader in readers)
        await site.assert_nothing_is_left_behind()


async def test_a_query_is_asked_again_as_a_whole(machine: Machine) -> None:
    async with machine.site(**PATIENT) as site, asyncio.timeout(60):
        expected = await site.answer(DASHBOARD)
        async with machine.locked("tenancy_merchant"):
            answer = asyncio.create_task(site.answer(DASHBOARD))
            await until_one_waits_for_a_lock(machine)
            await machine.as_owner(TERMINATE_WAITING)
        assert await answer == expected
        assert site.meter("facet_query_retries_total") >= 1


async def test_a_pool_of_dead_connections_costs_nobody_an_answer(machine: Machine) -> None:
    async with machine.site(retry_seconds=0.0) as site:
        await asyncio.gather(*(site.answer(DASHBOARD) for _ in range(5)))
        await machine.restart_postgres("fast")

        created = await site.answer(CREATE, name="Di")
        answers = await asyncio.gather(*(site.answer(DASHBOARD) for _ in range(5)))

    assert created["createMerchant"]["merchant"]["name"] == "Di"
    assert len(answers) == 5


async def test_says_clearly_that_it_is_away(machine: Machine) -> None:
    async with machine.site(retry_seconds=0.05) as site:
        expected = await site.answer(DASHBOARD)
        machine.stop_postgres()
        try:
            read, ready = await site.ask(DASHBOARD), await site.client.get("/readyz")
            change = await site.platform.execute(CREATE, {"name": "Di"})
            alive = await site.client.get("/healthz")
        finally:
            machine.start_postgres()

        assert (read.status_code, read.headers["retry-after"]) == (503, "1")
        assert read.json()["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE", "retryAfter": 1}
        assert "data" not in read.json()
        assert change.codes == ["SERVICE_UNAVAILABLE"]
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "down")
        assert alive.status_code == 200
        assert await site.answer(DASHBOARD) == expected
        assert (await site.client.get("/readyz")).status_code == 200


async def test_a_browser_is_not_signed_out_by_it(machine: Machine) -> None:
    async with machine.site(retry_seconds=0.0, remembered_tokens=0) as site:

        async def ask() -> int:
            response = await site.client.post(
                f"/p/{site.platform.code}/graphql",
                json={"query": "{ viewer { user { email } } }"},
                headers={"origin": "http://facet.test", "cookie": f"facet_session={site.token}"},
            )
            return response.status_code

        assert await ask() == 200  # from now on the platform is known, so that only the session is looked up
        site.facet.callers.tokens.forget_all()
        machine.stop_postgres()
        try:
            assert await ask() == 503
        finally:
            machine.start_postgres()


@pytest.mark.parametrize(
    ("timing", "code"),
    [("AFTER INSERT", "SERVICE_UNAVAILABLE"), ("COMMIT", "OUTCOME_UNKNOWN")],
)
async def test_a_change_is_sent_once_and_not_half_stored(machine: Machine, timing: str, code: str) -> None:
    async with machine.site() as site:
        async with _dying(machine, timing):
            failed = await site.ask(CREATE, name="Di")
            tries = (await machine.as_owner("SELECT last_value FROM dying_tries"))[0][0]

        assert [error["extensions"]["code"] for error in failed.json()["errors"]] == [code]
        assert failed.json()["data"] == {"createMerchant": None}
        assert tries == 1
        assert await names(site) == ["Ada", "Bo", "Cy"]

        await site.answer(CREATE, name="Di")
        assert await names(site) == ["Ada", "Bo", "Cy", "Di"]
        await site.assert_nothing_is_left_behind()


TERMINATE_WAITING = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def until_one_waits_for_a_lock(machine: Machine) -> None:
    while (await machine.as_owner(WAITING))[0][0] == 0:
        pass


async def names(site: Site) -> list[str]:
    data = await site.answer("{ merchants(orderBy: {field: NAME, direction: ASC}) { nodes { name } } }")
    return [node["name"] for node in data["merchants"]["nodes"]]


@asynccontextmanager
async def _dying(machine: Machine, timing: str) -> AsyncIterator[None]:
    """Storing a merchant ends the connection: at once, or while it is committed."""
    when = (
        "CREATE CONSTRAINT TRIGGER dying AFTER INSERT ON tenancy_merchant DEFERRABLE INITIALLY DEFERRED"
        if timing == "COMMIT"
        else f"CREATE TRIGGER dying {timing} ON tenancy_merchant"
    )
    await machine.as_owner(
        "CREATE SEQUENCE dying_tries",
        "GRANT USAGE ON SEQUENCE dying_tries TO facet_app",
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM nextval('dying_tries'); PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW;"
        " END $$",
        f"{when} FOR EACH ROW EXECUTE FUNCTION die()",
    )
    try:
        yield
    finally:
        await machine.as_owner(
            "DROP TRIGGER dying ON tenancy_merchant", "DROP FUNCTION die()", "DROP SEQUENCE dying_tries"
        )
