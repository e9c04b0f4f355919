"""Slowing down the guessing of passwords: after ten tries an account waits, longer after each further one.

A try is counted before its password is looked at, in one statement, so that a hundred tries at once, or in
one operation, count as a hundred.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import case, func, or_, select, update

from server.auth.models import UserAccount
from server.db.session import Session

FREE_TRIES = 10
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
_DOUBLINGS = 5
_REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted try. `user_id` is None for an address nobody has; `locked_until` when the try is refused."""

    user_id: int | None = None
    name: str = ""
    password_hash: str | None = field(default=None, repr=False)
    is_operator: bool = False
    locked_until: datetime | None = None


def wait_after(tries: int) -> timedelta:
    """How long an account waits after its `tries`-th wrong password in a row."""
    if tries < FREE_TRIES:
        return timedelta(0)
    doublings = min(tries - FREE_TRIES, _DOUBLINGS)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


async def take_attempt(session: Session, email: str, now: datetime) -> Attempt:
    """Count a try to sign in as `email` (lower case) and return what is needed to judge it.

    Commit before the password is compared. Inactive accounts and those without a password get no hash.
    """
    tries = UserAccount.failed_sign_ins + 1
    doublings = func.least(tries - FREE_TRIES, _DOUBLINGS)
    wait = func.least(FIRST_WAIT * func.power(2, doublings), LONGEST_WAIT)
    counted = (
        update(UserAccount)
        .where(
            UserAccount.email == email,
            or_(UserAccount.locked_until.is_(None), UserAccount.locked_until <= now),
        )
        .values(failed_sign_ins=tries, locked_until=case((tries >= FREE_TRIES, now + wait), else_=None))
        .returning(
            UserAccount.id,
            UserAccount.name,
            UserAccount.is_operator,
            case((UserAccount.is_active, UserAccount.password_hash), else_=None).label("password_hash"),
        )
        .execution_options(synchronize_session=False)
    )
    row = (await session.execute(counted)).one_or_none()
    if row is not None:
        return Attempt(row.id, row.name, row.password_hash, row.is_operator)
    found = select(UserAccount.locked_until).where(UserAccount.email == email)
    return Attempt(locked_until=await session.scalar(found))


async def forget_attempts(session: Session, user_id: int, *, new_hash: str | None = None) -> None:
    """Begin to count anew after a success, and store the password's `new_hash` when there is one."""
    values: dict[str, object] = {"failed_sign_ins": 0, "locked_until": None}
    if new_hash is not None:
        values["password_hash"] = new_hash
    statement = update(UserAccount).where(UserAccount.id == user_id).values(values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def stranger_locked_until(redis: Redis, email: str, now: datetime) -> datetime | None:
    """Count a try for an address nobody has, and say until when further ones are refused, as for an account.

    Otherwise waiting would tell which addresses have an account. Without Valkey strangers never wait.
    """
    digest = hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()
    tries_key, until_key = f"sign_in:{digest}:tries", f"sign_in:{digest}:until"
    try:
        until = await redis.get(until_key)
        if until is not None and float(until) > now.timestamp():
            return datetime.fromtimestamp(float(until), UTC)
        tries = int(await redis.incr(tries_key))
        await redis.expire(tries_key, _REMEMBERED)
        if wait := wait_after(tries):
            await redis.set(until_key, (now + wait).timestamp(), ex=_REMEMBERED)
    except (RedisError, OSError):
        return None
    return None
