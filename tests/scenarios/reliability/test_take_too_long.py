"""Operations and statements that take too long are stopped by name, and so is waiting for a connection."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from tests.scenarios.reliability.machine import DASHBOARD, Machine
from tests.scenarios.reliability.test_restart_postgresql import CREATE, names

NAMES = "{ viewer { user { email } } merchants { nodes { name } } }"
QUICK = {"statement_timeout_ms": 100}


async def test_a_query_is_stopped_at_its_deadline(machine: Machine) -> None:
    async with machine.site(operation_seconds=0.2) as site:
        async with machine.locked("tenancy_merchant"):
            response = await site.ask(DASHBOARD)
            await site.assert_nothing_is_left_behind()

        assert response.status_code == 504
        assert response.json()["errors"] == [
            {
                "message": "The operation took longer than 0.2 seconds and was stopped. Ask for less at once.",
                "extensions": {"code": "TIMEOUT"},
            }
        ]
        assert "data" not in response.json()
        assert await names(site) == ["Ada", "Bo", "Cy"]


async def test_a_mutation_is_stopped_at_its_deadline_and_undone(machine: Machine) -> None:
    async with machine.site(operation_seconds=0.2) as site:
        async with machine.locked("audit_entry"):
            response = await site.ask(CREATE, name="Di")
            await site.assert_nothing_is_left_behind()

        assert response.status_code == 504
        assert response.json()["errors"][0]["message"].endswith(
            "Look what it has stored before you send it again."
        )
        assert await names(site) == ["Ada", "Bo", "Cy"]


async def test_what_began_to_be_stored_is_stored_and_told(machine: Machine) -> None:
    """Cancelled in the middle of the commit: it is finished, with what follows it."""
    async with machine.site() as site:
        told: list[str] = []

        async def tell() -> None:
            told.append("told")

        async def change() -> None:
            async with site.platform.context() as ctx:
                ctx.audit("test.changed")
                ctx.after_commit(tell)
                await ctx.session.flush()
                asyncio.get_running_loop().call_soon(task.cancel)

        task = asyncio.ensure_future(change())
        await asyncio.wait([task])

        assert task.cancelled()
        assert told == ["told"]
        async with site.facet.database.session(site.platform.id) as session:
            stored = await session.scalar(
                text("SELECT count(*) FROM audit_entry WHERE action = 'test.changed'")
            )
        assert stored == 1


async def test_a_statement_that_takes_too_long_costs_its_field_only(machine: Machine) -> None:
    async with machine.site(**QUICK) as site, machine.locked("tenancy_merchant"):
        body = (await site.ask(NAMES)).json()

    assert [error["extensions"] for error in body["errors"]] == [{"code": "TIMEOUT"}]
    assert body["errors"][0]["message"] == (
        "The database took too long; nothing was changed. Ask for less at once."
    )


async def test_numbers_that_take_too_long_leave_the_others_standing(machine: Machine) -> None:
    query = (
        "{ platformMetrics { tenancy { totalMerchants { value } } customers { totalCustomers { value } } } }"
    )
    async with machine.site(**QUICK) as site, machine.locked("customers_customer"):
        body = (await site.ask(query)).json()

    assert body["data"]["platformMetrics"]["tenancy"]["totalMerchants"]["value"] == 3
    assert body["data"]["platformMetrics"]["customers"] == {"totalCustomers": None}
    assert [error["extensions"]["code"] for error in body["errors"]] == ["METRIC_UNAVAILABLE"]


async def test_identifying_that_takes_too_long_is_named(machine: Machine) -> None:
    async with machine.site(**QUICK) as site, machine.locked("user_session"):
        response = await site.ask(DASHBOARD)

    assert response.status_code == 504
    assert response.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}


async def test_more_operations_than_connections_wait_their_turn(machine: Machine) -> None:
    async with machine.site(pool_size=2, pool_wait_seconds=60.0, operation_seconds=60.0) as site:
        expected = await site.answer(DASHBOARD)
        site.facet.module_sets.forget_all()
        site.facet.platforms.forget_all()

        answers = await asyncio.gather(*(site.answer(DASHBOARD) for _ in range(60)))
        created = await asyncio.gather(*(site.answer(CREATE, name=f"Di {n}") for n in range(10)))

        assert answers == [expected] * 60
        assert {each["createMerchant"]["__typename"] for each in created} == {"CreateMerchantPayload"}
        await site.assert_nothing_is_left_behind()


async def test_whoever_waits_too_long_for_a_connection_is_told(machine: Machine) -> None:
    async with machine.site(pool_size=2, pool_wait_seconds=0.05) as site:
        held = [site.facet.database.session(None) for _ in range(2)]
        for session in held:
            await session.execute(text("SELECT 1"))
        try:
            over_http = await site.ask(DASHBOARD)
            in_a_field = await site.platform.execute(NAMES)
            change = await site.platform.execute(CREATE, {"name": "Di"})
        finally:
            for session in held:
                await session.close()

        assert (over_http.status_code, over_http.headers["retry-after"]) == (503, "2")
        assert over_http.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert set(in_a_field.codes) == {"SERVICE_UNAVAILABLE"}
        assert change.codes == ["SERVICE_UNAVAILABLE"]
        assert await names(site) == ["Ada", "Bo", "Cy"]


async def test_changes_that_get_in_each_others_way_may_be_sent_again(machine: Machine) -> None:
    async with machine.site() as site:
        await machine.as_owner(
            "CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$",
            "CREATE TRIGGER collide AFTER INSERT ON tenancy_merchant FOR EACH ROW EXECUTE FUNCTION collide()",
        )
        try:
            result = await site.platform.execute(CREATE, {"name": "Di"})
        finally:
            await machine.as_owner("DROP TRIGGER collide ON tenancy_merchant", "DROP FUNCTION collide()")

        assert result.codes == ["TRY_AGAIN"]
        assert await names(site) == ["Ada", "Bo", "Cy"]
