"""Merchants and stores that a caller was found to see need no look-up again for a while."""

from __future__ import annotations

from dataclasses import replace

from server.auth.caller import ANONYMOUS, Caller
from server.contracts.metrics import ScopeKind
from server.contracts.permissions import MERCHANT_MEMBER, PLATFORM_ADMIN
from server.metrics import known
from server.metrics.known import TRUSTED_SECONDS, KnownScopes
from server.testing import TestPlatform, count_statements

ADMIN = replace(ANONYMOUS, roles=(PLATFORM_ADMIN,), merchant_ids=None)
MEMBER = replace(ANONYMOUS, roles=(MERCHANT_MEMBER,), merchant_ids=(7,))
DASHBOARD = "query($id: ID!) { merchantMetrics(merchantId: $id) { tenancy { totalStores { value } } } }"
CREATE = """mutation { createMerchant(name: "New") {
  ... on CreateMerchantPayload { merchant { id } } } }"""


class Watch:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def remembered(
    caller: Caller, *, platform_id: int = 1, scope_id: int = 7, watch: Watch | None = None
) -> bool:
    scopes = KnownScopes(watch or Watch())
    scopes.add(ADMIN, 1, ScopeKind.MERCHANT, 7)
    return scopes.has(caller, platform_id, ScopeKind.MERCHANT, scope_id)


def test_counts_for_that_platform_scope_and_reach_only() -> None:
    assert remembered(ADMIN)
    assert not remembered(ADMIN, platform_id=2)
    assert not remembered(ADMIN, scope_id=8)
    assert not remembered(MEMBER)


def test_is_forgotten_after_a_while() -> None:
    watch = Watch()
    scopes = KnownScopes(watch)
    scopes.add(ADMIN, 1, ScopeKind.STORE, 7)
    watch.now += TRUSTED_SECONDS - 0.1
    assert scopes.has(ADMIN, 1, ScopeKind.STORE, 7)
    watch.now += 0.1
    assert not scopes.has(ADMIN, 1, ScopeKind.STORE, 7)


def test_makes_room_for_new_ones() -> None:
    scopes = KnownScopes(Watch())
    for number in range(known.MOST_REMEMBERED + 1):
        scopes.add(ADMIN, 1, ScopeKind.STORE, number)
    assert not scopes.has(ADMIN, 1, ScopeKind.STORE, 0)
    assert scopes.has(ADMIN, 1, ScopeKind.STORE, known.MOST_REMEMBERED)


async def test_a_dashboard_asked_again_is_one_statement(platform: TestPlatform) -> None:
    created = await platform.execute(CREATE, caller=platform.admin)
    assert created.data is not None
    id_ = created.data["createMerchant"]["merchant"]["id"]

    counts = []
    for _ in range(2):
        with count_statements(platform.facet) as statements:
            answer = await platform.execute(DASHBOARD, {"id": id_}, caller=platform.admin)
        assert answer.data == {"merchantMetrics": {"tenancy": {"totalStores": {"value": 0}}}}
        counts.append(len(statements))

    assert counts == [2, 1]


async def test_one_that_is_not_there_is_looked_for_each_time(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    created = await other_platform.execute(CREATE, caller=other_platform.admin)
    assert created.data is not None
    id_ = created.data["createMerchant"]["merchant"]["id"]
    seen = await other_platform.execute(DASHBOARD, {"id": id_}, caller=other_platform.admin)
    assert not seen.errors

    for _ in range(3):
        with count_statements(platform.facet) as statements:
            answer = await platform.execute(DASHBOARD, {"id": id_}, caller=platform.admin)
        assert answer.data == {"merchantMetrics": None}
        assert [error["extensions"]["code"] for error in answer.errors] == ["NOT_FOUND"]
        assert "tenancy_merchant" in statements[-1]
