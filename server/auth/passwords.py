"""Passwords: argon2id, computed beside the event loop, with the same work for accounts that do not exist."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 256

_HASHER = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
# Two at a time: more would only make every sign-in slower, and each needs its own 19 MiB.
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password was right; `new_hash` replaces a hash that was made with other parameters."""

    is_right: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and verifies passwords in threads of its own; see `passwords`."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._dummy = hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        """The hash to store for `password`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._hasher.hash, _bytes(password))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Compare with the stored hash. None, for an unknown account, costs one verification as well."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._verify, stored, password)

    def _verify(self, stored: str | None, password: str) -> Verdict:
        # An overlong password is cut, so that it costs what any other wrong password costs.
        secret = _bytes(password[: MAXIMUM_LENGTH + 1])
        try:
            self._hasher.verify(stored or self._dummy, secret)
        except (VerificationError, InvalidHashError):
            return Verdict(False)
        if stored is None:
            return Verdict(False)
        outdated = self._hasher.check_needs_rehash(stored)
        return Verdict(True, self._hasher.hash(secret) if outdated else None)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1)
def passwords() -> Passwords:
    """The one of this process: its threads bound how much memory sign-ins take at once."""
    return Passwords()
