"""See nothing and change nothing of another tenant: two platforms with two merchants each, every operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from modules.tenancy.testing import make_api_key, make_member, make_merchant, make_store, make_user
from server.auth.caller import Caller
from server.graphql.ids import global_id
from server.testing import TestPlatform

TYPES = ("Merchant", "Store", "TeamMember", "ApiKey", "Platform")
READS = {
    "node": "query ($id: ID!) { node(id: $id) { id __typename } }",
    "team member": "query ($id: ID!) { teamMember(id: $id) { name email } }",
    "platform": "query ($id: ID!) { platform(id: $id) { code } }",
    "merchant": "query ($id: ID!) { merchant(id: $id) { name stores { nodes { name } } } }",
    "store": "query ($id: ID!) { store(id: $id) { name merchant { name } } }",
    "stores of": "query ($id: ID!) { stores(filter: { merchantId: $id }) { nodes { name } } }",
    "merchant numbers": "query ($id: ID!) { merchantMetrics(merchantId: $id) { merchantId } }",
    "store numbers": "query ($id: ID!) { storeMetrics(storeId: $id) { storeId } }",
}
WRITES = {
    "updateMerchant": 'mutation ($id: ID!) { updateMerchant(id: $id, name: "Stolen") { __typename } }',
    "archiveMerchant": "mutation ($id: ID!) { archiveMerchant(id: $id) { __typename } }",
    "createStore": 'mutation ($id: ID!) { createStore(merchantId: $id, name: "Stolen") { __typename } }',
    "updateStore": 'mutation ($id: ID!) { updateStore(id: $id, name: "Stolen") { __typename } }',
    "closeStore": "mutation ($id: ID!) { closeStore(id: $id) { __typename } }",
    "join merchant": """mutation ($id: ID!) { addTeamMember(
        email: "thief@example.com", name: "Thief", role: MERCHANT_MEMBER, merchantId: $id) { __typename } }""",
    "join store": """mutation ($id: ID!) { addTeamMember(
        email: "thief@example.com", name: "Thief", role: STORE_STAFF, storeId: $id) { __typename } }""",
    "removeTeamMember": "mutation ($id: ID!) { removeTeamMember(id: $id) { __typename } }",
    "revokeApiKey": "mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }",
}
HARMLESS_CODES = {"NOT_FOUND", "FORBIDDEN", "BAD_USER_INPUT"}
ROWS = ("tenancy_merchant", "tenancy_store", "tenancy_membership", "api_key", "audit_entry")


@dataclass
class Tenant:
    """One merchant of a platform: its caller and the ids of everything it has."""

    platform: TestPlatform
    caller: Caller
    ids: dict[str, str]


async def tenants_of(platform: TestPlatform) -> list[Tenant]:
    found = []
    for name in ("Secret A", "Secret B"):
        async with platform.context() as ctx:
            merchant = await make_merchant(ctx, name=name)
            store = await make_store(ctx, merchant.id, name=f"{name} store")
            user = await make_user(ctx)
            member = await make_member(ctx, user=user, merchant_id=merchant.id)
            key, _ = await make_api_key(ctx, user, "tenancy.view")
        rows = {
            "Merchant": merchant.id,
            "Store": store.id,
            "TeamMember": member.id,
            "ApiKey": key.id,
            "Platform": platform.id,
        }
        ids = {type_name: global_id(type_name, id_) for type_name, id_ in rows.items()}
        found.append(Tenant(platform, platform.merchant_member(merchant.id), ids))
    return found


async def contents(*platforms: TestPlatform) -> list[Any]:
    rows: list[Any] = []
    for platform in platforms:
        async with platform.context() as ctx:
            for table in ROWS:
                found = await ctx.session.execute(text(f"SELECT * FROM {table} ORDER BY id"))
                rows += [tuple(row) for row in found]
    return rows


def is_refused(data: dict[str, Any] | None, codes: list[str]) -> bool:
    """Whether the answer holds nothing of anybody: no value, an empty list, or a failure."""
    if codes:
        return set(codes) <= HARMLESS_CODES
    (answer,) = (data or {}).values()
    if isinstance(answer, dict) and "nodes" in answer:
        return not answer["nodes"]
    if isinstance(answer, dict) and "__typename" in answer:
        return str(answer["__typename"]).endswith("NotFound")
    return answer is None


@pytest.mark.parametrize("operation", [*READS, *WRITES])
async def test_refuses_every_operation_on_what_another_tenant_has(
    platform: TestPlatform, other_platform: TestPlatform, operation: str
) -> None:
    tenants = [*await tenants_of(platform), *await tenants_of(other_platform)]
    document = {**READS, **WRITES}[operation]
    before = await contents(platform, other_platform)
    tried = 0

    for asking in tenants:
        for owner in tenants:
            if owner is asking:
                continue
            is_elsewhere = owner.platform is not asking.platform
            for caller in (asking.caller, *([asking.platform.admin] if is_elsewhere else [])):
                for type_name, id_ in owner.ids.items():
                    if type_name == "Platform" and not is_elsewhere:
                        continue
                    result = await asking.platform.execute(document, {"id": id_}, caller=caller)
                    assert is_refused(result.data, result.codes), (operation, result)
                    assert "Secret" not in str(result)
                    tried += 1

    assert tried == 4 * (1 + 2 * 2) * len(TYPES) - 4
    assert await contents(platform, other_platform) == before


async def test_finds_ones_own_by_node(platform: TestPlatform) -> None:
    tenant, _ = await tenants_of(platform)
    query = "query ($id: ID!) { node(id: $id) { id __typename } }"

    for type_name in ("Merchant", "Store", "TeamMember"):
        variables = {"id": tenant.ids[type_name]}
        found = await platform.execute(query, variables, caller=tenant.caller)
        assert found.data == {"node": {"id": variables["id"], "__typename": type_name}}
    here = {"id": global_id("Platform", platform.id)}
    assert (await platform.execute(query, here)).data == {"node": {**here, "__typename": "Platform"}}


async def test_finds_nothing_by_node_without_the_permission(platform: TestPlatform) -> None:
    tenant, _ = await tenants_of(platform)
    async with platform.context() as ctx:
        user = await make_user(ctx)
        await make_member(ctx, user=user)
        _, token = await make_api_key(ctx, user, "tenancy.manage_api_keys")
    caller = await platform.facet.callers.identify(token)

    for type_name in ("Merchant", "Store", "TeamMember"):
        found = await platform.execute(READS["node"], {"id": tenant.ids[type_name]}, caller=caller)
        assert found.data == {"node": None}
        assert found.codes == ["FORBIDDEN"]


@pytest.mark.parametrize("table", ROWS)
async def test_shows_no_foreign_row_even_without_a_condition(
    platform: TestPlatform, other_platform: TestPlatform, table: str
) -> None:
    await tenants_of(platform)

    async with other_platform.context() as ctx:
        visible = await ctx.session.scalar(text(f"SELECT count(*) FROM {table}"))
    async with platform.facet.database.begin(None) as session:
        without_platform = await session.scalar(
            text(f"SELECT count(*) FROM {table} WHERE platform_id IS NOT NULL")
        )

    assert (visible, without_platform) == (0, 0)
