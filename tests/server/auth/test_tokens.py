"""Make tokens and recognise them."""

from __future__ import annotations

import hashlib

import pytest

from server.auth.tokens import new_api_key, new_session_token, token_hash


@pytest.mark.parametrize(("make", "prefix"), [(new_session_token, "fs_"), (new_api_key, "fk_")])
def test_has_a_prefix_256_random_bits_and_a_hash(make: type, prefix: str) -> None:
    made = make()

    assert made.token.startswith(prefix)
    assert len(made.token) == 3 + 43
    assert made.hash == hashlib.sha256(made.token.encode()).digest() == token_hash(made.token)
    assert made.prefix == made.token[:8]
    assert made.token not in repr(made)
    assert len({make().token for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(
    "text",
    ["", "fs_", "fs_short", "xx_" + "a" * 43, "fs_" + "a" * 44, "fs_" + "ä" * 43, "fs_" + "a" * 43 + "\n"],
)
def test_knows_what_cannot_be_a_token_without_asking_the_database(text: str) -> None:
    assert token_hash(text) is None
