"""Putting a tier on sale."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from modules.billing.repository import TierRepository
from server.testing import TestPlatform
from tests.modules.billing.asking import a_merchant, a_tier

CREATE = """
mutation ($input: CreateTierInput!) {
  createTier(input: $input) {
    __typename
    ... on CreateTierPayload {
      tier {
        code name description price { amount currency formatted } interval intervalCount isArchived position
      }
    }
    ... on ValidationFailed { code fields { field message } }
    ... on Error { code message }
  }
}
"""
GOLD = {"code": "gold", "name": "Gold", "amount": "49.90", "currency": "EUR", "interval": "MONTH"}


async def create(platform: TestPlatform, **values: Any) -> dict[str, Any]:
    result = await platform.execute(CREATE, {"input": GOLD | values})
    assert result.errors == []
    assert result.data is not None
    answer: dict[str, Any] = result.data["createTier"]
    return answer


async def codes(platform: TestPlatform) -> list[str]:
    async with platform.context() as ctx:
        tiers = TierRepository(ctx)
        return sorted(tier.code for tier in await tiers.all(tiers.owned()))


async def test_stores_it(platform: TestPlatform) -> None:
    answer = await create(platform)

    assert answer == {
        "__typename": "CreateTierPayload",
        "tier": {
            "code": "gold",
            "name": "Gold",
            "description": "",
            "price": {"amount": "49.90", "currency": "EUR", "formatted": "€49.90"},
            "interval": "MONTH",
            "intervalCount": 1,
            "isArchived": False,
            "position": 100,
        },
    }
    assert await codes(platform) == ["gold"]


async def test_takes_amounts_in_the_digits_of_the_currency(platform: TestPlatform) -> None:
    assert (await create(platform, currency="JPY", amount="4990"))["tier"]["price"]["amount"] == "4990"
    assert (await create(platform, code="k", currency="KWD", amount="4.125"))["tier"]["price"][
        "amount"
    ] == "4.125"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": ""}, "code"),
        ({"name": "  "}, "name"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"amount": "1e30"}, "amount"),
        ({"amount": "0.5", "currency": "JPY"}, "amount"),
        ({"currency": "XYZ"}, "currency"),
        ({"intervalCount": 0}, "intervalCount"),
        ({"position": -1}, "position"),
        ({"description": "x" * 2_001}, "description"),
    ],
)
async def test_refuses_values_it_cannot_keep(
    platform: TestPlatform, values: dict[str, Any], field: str
) -> None:
    answer = await create(platform, **values)

    assert answer["__typename"] == "ValidationFailed"
    assert [wrong["field"] for wrong in answer["fields"]] == [field]
    assert await codes(platform) == []


async def test_refuses_a_code_that_is_taken(platform: TestPlatform) -> None:
    await a_tier(platform, code="gold")

    answer = await create(platform)

    assert (answer["__typename"], answer["code"]) == ("TierCodeTaken", "BILLING_TIER_CODE_TAKEN")
    assert await codes(platform) == ["gold"]


async def test_stores_one_of_two_at_the_same_moment(platform: TestPlatform) -> None:
    answers = await asyncio.gather(create(platform), create(platform))

    assert sorted(answer["__typename"] for answer in answers) == ["CreateTierPayload", "TierCodeTaken"]
    assert await codes(platform) == ["gold"]


async def test_leaves_the_code_to_other_platforms(
    platform: TestPlatform, other_platform: TestPlatform
) -> None:
    await a_tier(other_platform, code="gold")

    assert (await create(platform))["__typename"] == "CreateTierPayload"
    assert await codes(platform) == ["gold"]


async def test_needs_the_permission(platform: TestPlatform) -> None:
    member = platform.merchant_member(await a_merchant(platform))

    result = await platform.execute(CREATE, {"input": GOLD}, caller=member)

    assert result.codes == ["FORBIDDEN"]
    assert await codes(platform) == []
