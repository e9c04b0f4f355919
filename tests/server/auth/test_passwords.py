"""Hash and verify passwords."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from server.auth.passwords import Passwords, passwords


class CountingHasher(PasswordHasher):
    """The real one, which notes each verification and the thread it ran in."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.threads: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        self.threads.append(threading.current_thread().name)
        return super().verify(hash, password)


async def test_uses_argon2id_with_19_mib_and_two_passes() -> None:
    stored = await passwords().hash("correct horse")

    parameters = extract_parameters(stored)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19_456, 2, 1)
    assert "correct horse" not in stored
    assert stored != await passwords().hash("correct horse")


async def test_accepts_the_right_password_only() -> None:
    stored = await passwords().hash("correct horse")

    assert (await passwords().verify(stored, "correct horse")).is_right
    for wrong in ("", "correct horse ", "Correct horse", "correct horse" * 1_000, "\ud800", "nul\0"):
        assert not (await passwords().verify(stored, wrong)).is_right
    assert not (await passwords().verify("no hash at all", "correct horse")).is_right


@pytest.mark.parametrize("stored", ["known", "unknown"])
async def test_verifies_once_beside_the_event_loop_for_known_and_unknown_accounts(stored: str) -> None:
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    subject = Passwords(hasher)
    hashed = await subject.hash("correct horse") if stored == "known" else None

    verdict = await subject.verify(hashed, "wrong")

    assert not verdict.is_right
    assert len(hasher.threads) == 1
    assert hasher.threads[0].startswith("passwords")


async def test_never_accepts_a_password_for_an_unknown_account() -> None:
    assert not (await passwords().verify(None, "no account has this password")).is_right


async def test_hashes_anew_when_the_parameters_have_changed() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("correct horse")

    verdict = await passwords().verify(weak, "correct horse")

    assert verdict.new_hash is not None
    assert extract_parameters(verdict.new_hash).memory_cost == 19_456
    assert (await passwords().verify(verdict.new_hash, "correct horse")).new_hash is None
    assert (await passwords().verify(weak, "wrong")).new_hash is None
