"""Two platforms with two merchants each: every operation that takes an id, with every id of the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLField, GraphQLSchema
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from modules.billing.testing import make_subscription, make_tier
from modules.customers.testing import make_customer
from modules.tenancy.testing import (
    make_api_key,
    make_member,
    make_merchant,
    make_session,
    make_store,
    make_user,
)
from server.db.engine import async_url
from server.graphql.ids import global_id
from server.testing import TestPlatform
from tests.scenarios.security.documents import arguments_of_type, leaves
from tests.scenarios.security.installation import Site, token_of

# Whose ids they are: a merchant's own, or everybody's on the platform.
SHARED = {"Platform", "BillingTier"}
HARMLESS = {"NOT_FOUND", "FORBIDDEN", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
AT_ONCE = 8

# What a good id of each argument is about, where the argument's name does not say it.
ABOUT = {
    "merchantId": "Merchant", "storeId": "Store", "tierId": "BillingTier", "userId": "User", "merchant": "Merchant",
    "store": "Store", "customer": "Customer", "tier": "BillingTier", "subscription": "BillingSubscription",
    "teamMember": "TeamMember", "platform": "Platform", "node": "Store", "updateMerchant": "Merchant",
    "archiveMerchant": "Merchant", "updateStore": "Store", "closeStore": "Store", "removeTeamMember": "TeamMember",
    "revokeApiKey": "ApiKey", "revokeSession": "Session", "updateCustomer": "Customer", "archiveCustomer": "Customer",
    "changeSubscription": "BillingSubscription", "pauseSubscription": "BillingSubscription",
    "resumeSubscription": "BillingSubscription", "cancelSubscription": "BillingSubscription", "setPassword": "User",
}  # fmt: skip
OTHERS = {
    "name": '"Stolen"', "email": '"thief@example.com"', "role": "MERCHANT_MEMBER", "quantity": "7", "code": '"stolen"',
    "password": '"a stolen password"', "newPassword": '"a stolen password"',
}  # fmt: skip


@dataclass
class Tenant:
    """One merchant of a platform with everything it has. `mark` is in all its texts."""

    platform: TestPlatform
    mark: str
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def owns_or_sees(self, other: Tenant, type_name: str) -> bool:
        return other is self or (other.platform is self.platform and type_name in SHARED)


class Place(NamedTuple):
    """One argument, or field of an input object, that takes an id."""

    root: str
    name: str
    field: GraphQLField
    argument: str
    inner: str | None

    @property
    def about(self) -> str:
        return ABOUT.get(self.inner or self.argument) or ABOUT[self.name]


def places(schema: GraphQLSchema) -> list[Place]:
    roots = (("query", schema.query_type), ("mutation", schema.mutation_type))
    return [
        Place(word, name, field, argument, inner)
        for word, root in roots
        for name, field in (root.fields.items() if root else ())
        for argument, inner in arguments_of_type(field, "ID")
    ]


async def make_tenant(platform: TestPlatform, mark: str) -> Tenant:
    async with platform.context() as ctx:
        merchant = await make_merchant(ctx, name=f"{mark} merchant", external_id=f"{mark}-m")
        store = await make_store(ctx, merchant.id, name=f"{mark} store")
        customer = await make_customer(
            ctx, store.id, name=f"{mark} customer", email=f"{mark.lower()}@example.com"
        )
        tier = await make_tier(ctx, code=f"{mark.lower()}-tier")
        other_tier = await make_tier(ctx, code=f"{mark.lower()}-other-tier")
        subscription = await make_subscription(
            ctx, merchant_id=merchant.id, tier=tier, started_at=ctx.clock.now(), external_id=f"{mark}-s"
        )
        user = await make_user(ctx, email=f"{mark.lower()}@{platform.code}.example")
        member = await make_member(ctx, user=user, merchant_id=merchant.id, title=f"{mark} title")
        key, _ = await make_api_key(ctx, user, "tenancy.view")
        token = await make_session(ctx, user)
        found = await ctx.session.execute(text(f"SELECT max(id) FROM user_session WHERE user_id = {user.id}"))
        session_id = int(found.scalar_one())
    rows = {
        "Merchant": merchant.id, "Store": store.id, "Customer": customer.id, "BillingTier": other_tier.id,
        "BillingSubscription": subscription.id, "TeamMember": member.id, "ApiKey": key.id, "User": user.id,
        "Session": session_id, "Platform": platform.id,
    }  # fmt: skip
    tenant = Tenant(platform, mark)
    tenant.ids = {name: global_id(name, id_) for name, id_ in rows.items()}
    tenant.tokens = {
        "owner": token,
        "member": await token_of(platform, merchant_id=merchant.id),
        "staff": await token_of(platform, store=store),
        "administrator": await token_of(platform),
    }
    return tenant


def operation(place: Place, id_: str, own: dict[str, str], selection: str) -> str:
    """The root field with `id_` in this place, good ids in the others, and something to change."""
    values: dict[str, str] = {}
    for name, argument in place.field.args.items():
        inner = getattr(argument.type, "of_type", argument.type)
        fields = getattr(inner, "fields", None)
        if fields is not None:
            if name == place.argument:
                parts = _given(fields, own, place.name) | {str(place.inner): f'"{id_}"'}
                values[name] = "{" + ", ".join(f"{n}: {v}" for n, v in parts.items()) + "}"
            continue
        values |= _given({name: argument}, own, place.name)
    if place.inner is None:
        values[place.argument] = f'"{id_}"'
    if "storeId" in values and place.argument == "merchantId":
        del values["storeId"]
    if place.name == "addTeamMember" and place.argument == "storeId":
        values |= {"role": "STORE_STAFF"}
        values.pop("merchantId", None)
    return f"{place.name}({', '.join(f'{n}: {v}' for n, v in values.items())}){selection}"


def _given(elements: dict[str, Any], own: dict[str, str], operation_name: str) -> dict[str, str]:
    given = {}
    for name, element in elements.items():
        is_required = str(element.type).endswith("!")
        if str(element.type).startswith("ID"):
            if is_required:
                given[name] = f'"{own[ABOUT.get(name) or ABOUT[operation_name]]}"'
        elif name in OTHERS and (is_required or name in ("name", "quantity")):
            given[name] = OTHERS[name]
    return given


def contents_of_answer(answer: dict[str, Any]) -> list[Any]:
    return [value for value in (answer.get("data") or {}).values() if value is not None]


async def checksums(site: Site) -> dict[str, str]:
    """Every table's rows as the owner sees them, without the time a credential was last used."""
    engine = create_async_engine(async_url(site.facet.servers.owner))
    try:
        async with engine.connect() as connection:
            tables = (
                await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            ).scalars()
            found = {}
            for table in list(tables):
                statement = text(
                    "SELECT count(*) || ' ' || coalesce(md5(string_agg(row, '' ORDER BY row)), '') FROM (SELECT"
                    f" (to_jsonb(t) - 'last_used_at' - 'expires_at')::text AS row FROM \"{table}\" t) AS rows"
                )
                found[table] = str((await connection.execute(statement)).scalar_one())
            return found
    finally:
        await engine.dispose()


def findings(answer: dict[str, Any], asking: Tenant, tenants: list[Tenant], place: Place) -> Iterator[str]:
    """What an answer tells or did that it must not."""
    for value in contents_of_answer(answer):
        said = json.dumps(value)
        if place.root == "mutation" and not str(value.get("__typename")).endswith("NotFound"):
            yield f"{place.name} does not say that there is no such thing: {said}"
    said = json.dumps(answer.get("data"))
    for other in tenants:
        if other is asking:
            continue
        if other.mark.lower() in said.lower().replace(asking.mark.lower(), ""):
            yield f"{place.name} tells of {other.mark}: {said}"
        for type_name, id_ in other.ids.items():
            if not asking.owns_or_sees(other, type_name) and id_ in said:
                yield f"{place.name} gives the id of the {type_name} of {other.mark}"
    for error in answer.get("errors", ()):
        if error["extensions"]["code"] not in HARMLESS:
            yield f"{place.name} fails with {error}"


@pytest.mark.parametrize("caller", ["member", "staff", "administrator"])
async def test_lets_nobody_see_or_change_what_is_anothers(
    site: Site, platform: TestPlatform, other_platform: TestPlatform, caller: str
) -> None:
    marks = iter(("Quokka", "Wombat", "Numbat", "Dingo"))
    tenants = [
        await make_tenant(p, next(marks)) for p in (platform, platform, other_platform, other_platform)
    ]
    schema = site.facet.schema.graphql_schema
    before, found, tried = await checksums(site), list[str](), 0

    for asking in tenants:
        others = [
            (other, type_name, id_)
            for other in tenants
            for type_name, id_ in other.ids.items()
            if not asking.owns_or_sees(other, type_name)
            and not (caller == "administrator" and other.platform is asking.platform)
        ]
        for place in places(schema):
            selection = leaves(schema, place.field.type, 1 if place.root == "query" else 0)
            # Those that fit of every other tenant, and one of each other type.
            fitting = [id_ for _, type_name, id_ in others if type_name == place.about]
            ids = fitting + list({name: id_ for _, name, id_ in others if name != place.about}.values())
            for at in range(0, len(ids), AT_ONCE):
                fields = " ".join(
                    f"a{i}: {operation(place, id_, asking.ids, selection)}"
                    for i, id_ in enumerate(ids[at : at + AT_ONCE])
                )
                answer = await site.ask(f"{place.root} {{ {fields} }}", token=asking.tokens[caller])
                found += findings(answer.json(), asking, tenants, place)
                tried += len(ids[at : at + AT_ONCE])

    assert found == []
    changed = {table for table, sum_ in (await checksums(site)).items() if before[table] != sum_}
    assert changed == set()
    assert tried >= 4 * 10 * len(places(schema))


async def test_would_notice_because_the_same_operations_work_on_ones_own(
    site: Site, platform: TestPlatform
) -> None:
    schema, without_effect = site.facet.schema.graphql_schema, set[str]()
    operator = await token_of(platform, is_operator=True)
    for place in places(schema):
        tenant = await make_tenant(
            platform, f"Own{len(without_effect)}{place.name}{place.argument}{place.inner}"
        )
        selection = leaves(schema, place.field.type, 1 if place.root == "query" else 0)
        token = {"setPassword": operator, "revokeSession": tenant.tokens["owner"]}.get(
            place.name, tenant.tokens["administrator"]
        )
        document = f"{place.root} {{ {operation(place, tenant.ids[place.about], tenant.ids, selection)} }}"
        answer = (await site.ask(document, token=token, at=f"/p/{platform.code}/graphql")).json()
        values = contents_of_answer(answer)
        if not values or str(values[0].get("__typename")).endswith("NotFound"):
            without_effect.add(f"{place.name}.{place.inner or place.argument}: {values or answer['errors']}")

    assert without_effect == set()
