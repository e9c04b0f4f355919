"""Reaching any object by its id."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.graphql.ids import global_id
from server.testing import TestPlatform

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NOT_FOUND = [("There is no object with this id.", "NOT_FOUND")]


async def test_finds_an_object_of_the_view(full_shop: TestPlatform) -> None:
    id_ = global_id("Offer", 7)

    result = await full_shop.execute(NODE, {"id": id_})

    assert result.errors == []
    assert result.data == {"node": {"__typename": "Offer", "id": id_}}


@pytest.mark.parametrize(
    "id_",
    [
        pytest.param(global_id("Offer", 8), id="absent"),
        pytest.param(global_id("Nothing", 7), id="invented type"),
        pytest.param(global_id("Query", 7), id="no node"),
        pytest.param(global_id("StockItem", 7), id="no node either"),
        pytest.param(global_id("Draft", 7), id="without a field of its own"),
        pytest.param("T2ZmZXI6eA==", id="not a number"),
    ],
)
async def test_answers_alike_for_all_that_cannot_be_found(full_shop: TestPlatform, id_: str) -> None:
    result = await full_shop.execute(NODE, {"id": id_})

    assert result.data == {"node": None}
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == NOT_FOUND


async def test_asks_for_the_permission_of_the_types_own_field(full_shop: TestPlatform) -> None:
    caller = replace(full_shop.admin, permissions=full_shop.admin.permissions - {"marketplace.view"})

    result = await full_shop.execute(NODE, {"id": global_id("Offer", 7)}, caller=caller)

    assert result.data == {"node": None}
    assert result.codes == ["FORBIDDEN"]
