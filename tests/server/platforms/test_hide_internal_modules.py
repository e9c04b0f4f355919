"""Hiding internal modules from all but administrators."""

from __future__ import annotations

from server.testing import TestPlatform


async def test_shows_an_internal_module_to_administrators_only(full_shop: TestPlatform) -> None:
    question = '{ __type(name: "Insight") { name } }'
    merchant, staff = full_shop.merchant_member(1), full_shop.store_staff(1)

    seen = await full_shop.execute("{ insights { text } }")
    refused = [await full_shop.execute("{ insights { text } }", caller=c) for c in (merchant, staff)]
    types = [await full_shop.execute(question, caller=c) for c in (full_shop.admin, merchant, staff)]

    assert seen.data == {"insights": [{"text": "Tea sells."}]}
    for answer in refused:
        assert answer.data is None
        assert answer.errors[0]["message"] == "Cannot query field 'insights' on type 'Query'."
    assert [answer.data["__type"] for answer in types] == [{"name": "Insight"}, None, None]
