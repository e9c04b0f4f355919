"""Find, create and change platforms."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from modules.tenancy.testing import make_api_key, make_member, make_session, make_user
from server.auth.caller import Caller
from server.graphql.ids import global_id
from server.testing import TestPlatform

CREATE = """
mutation ($code: String!, $name: String = "New", $timezone: String!, $currency: String!, $modules: [String!]) {
  createPlatform(code: $code, name: $name, timezone: $timezone, currency: $currency, modules: $modules) {
    __typename
    ... on CreatePlatformPayload { platform { id code name timezone currency } }
    ... on ValidationFailed { fields { field } }
  }
}
"""
UPDATE = """
mutation ($name: String, $timezone: String) {
  updatePlatform(name: $name, timezone: $timezone) {
    __typename
    ... on UpdatePlatformPayload { platform { name timezone } }
    ... on ValidationFailed { fields { field } }
  }
}
"""
LIST = "{ platforms(first: 100) { totalCount nodes { code } } }"


async def codes(platform: TestPlatform, caller: Caller) -> list[str]:
    result = await platform.execute(LIST, caller=caller)
    assert result.data is not None
    return [node["code"] for node in result.data["platforms"]["nodes"]]


async def create(platform: TestPlatform, **variables: Any) -> dict[str, Any]:
    defaults = {"code": f"n{uuid4().hex[:12]}", "timezone": "Europe/Paris", "currency": "EUR"}
    result = await platform.execute(CREATE, {**defaults, **variables}, caller=platform.operator)
    assert result.errors == []
    assert result.data is not None
    answer: dict[str, Any] = result.data["createPlatform"]
    return answer


async def test_shows_the_platform_of_the_request(platform: TestPlatform) -> None:
    result = await platform.execute("{ platform { id code name timezone currency } }")

    assert result.data == {
        "platform": {
            "id": global_id("Platform", platform.id),
            "code": platform.code,
            "name": platform.record.name,
            "timezone": "UTC",
            "currency": "EUR",
        }
    }


async def test_lists_ones_own_platforms_and_all_for_operators(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        session, (_, key) = await make_session(ctx, user), await make_api_key(ctx, user, "tenancy.view")
    async with other_platform.context() as ctx:
        await make_member(ctx, user=user)
    identify = platform.facet.callers.identify

    assert await codes(platform, await identify(session)) == sorted([platform.code, other_platform.code])
    assert await codes(platform, await identify(key)) == [platform.code]
    result = await platform.execute(LIST, caller=platform.operator)
    assert result.data is not None
    async with platform.context() as ctx:
        known = len(await platform.facet.platforms.all())
        assert ctx.platform_id == platform.id
    assert result.data["platforms"]["totalCount"] == known


async def test_creates_a_platform_that_answers_at_once(platform: TestPlatform) -> None:
    created = (await create(platform, modules=["customers"]))["platform"]

    record = await platform.facet.platforms.by_code(created["code"])
    assert record is not None
    assert created["id"] == global_id("Platform", record.id)
    assert (record.name, record.timezone, record.currency) == ("New", "Europe/Paris", "EUR")
    assert await platform.facet.module_sets.get(record.id) == {"tenancy", "customers"}


async def test_refuses_codes_that_are_taken_and_bad_values(platform: TestPlatform) -> None:
    before = len(await platform.facet.platforms.all())

    taken = await create(platform, code=platform.code)
    bad = await create(
        platform, code="Bad Code", name="", timezone="Mars/Base", currency="XXQ", modules=["nonsense"]
    )

    assert taken["__typename"] == "PlatformCodeTaken"
    assert [field["field"] for field in bad["fields"]] == ["code", "name", "timezone", "currency", "modules"]
    assert len(await platform.facet.platforms.all()) >= before


async def test_hides_creating_platforms_from_everybody_else(platform: TestPlatform) -> None:
    variables = {"code": "mine", "timezone": "UTC", "currency": "EUR"}

    refused = await platform.execute(CREATE, variables, caller=platform.admin)
    invented = await platform.execute(CREATE.replace("createPlatform(", "createPlatfort("), variables)

    texts = [error["message"].replace("Platfort", "Platform") for error in invented.errors]
    assert [error["message"] for error in refused.errors] == texts
    assert await platform.facet.platforms.by_code("mine") is None


async def test_changes_name_and_time_zone(platform: TestPlatform, other_platform: TestPlatform) -> None:
    result = await platform.execute(UPDATE, {"name": "Renamed", "timezone": "Asia/Tokyo"})
    same = await platform.execute(UPDATE, {"name": "Renamed"})

    changed = {"name": "Renamed", "timezone": "Asia/Tokyo"}
    assert result.data == {"updatePlatform": {"__typename": "UpdatePlatformPayload", "platform": changed}}
    assert same.data == result.data
    record = await platform.facet.platforms.by_code(platform.code)
    other = await platform.facet.platforms.by_code(other_platform.code)
    assert record is not None
    assert (record.name, record.timezone) == ("Renamed", "Asia/Tokyo")
    assert other == other_platform.record
    log = await platform.execute("{ auditLog { nodes { action before after } } }")
    assert log.data is not None
    before = {"name": platform.record.name, "timezone": "UTC"}
    assert log.data["auditLog"]["nodes"] == [
        {"action": "tenancy.update_platform", "before": before, "after": changed}
    ]


async def test_refuses_time_zones_that_do_not_exist(platform: TestPlatform) -> None:
    result = await platform.execute(UPDATE, {"name": "Renamed", "timezone": "Mars/Base"})

    assert result.data is not None
    assert [field["field"] for field in result.data["updatePlatform"]["fields"]] == ["timezone"]
    assert await platform.facet.platforms.by_code(platform.code) == platform.record
