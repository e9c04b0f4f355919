"""Changing passwords."""

from __future__ import annotations

from modules.tenancy.errors import AccountNotFound, InvalidCredentials
from modules.tenancy.repository.credentials import account_by_email, end_sessions
from modules.tenancy.service.sessions import count_attempt
from modules.tenancy.service.values import Values
from server.auth.backoff import forget_attempts
from server.auth.caller import CallerKind
from server.auth.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH, passwords
from server.context import Context
from server.errors import Forbidden
from server.graphql.ids import global_id
from server.platforms.invalidation import account_changed


async def change_password(ctx: Context, *, current: str, new: str) -> None:
    """Change the caller's own password, and end the account's other sessions. A wrong `current` counts as a try."""
    caller = ctx.caller
    if caller.kind is not CallerKind.SESSION or caller.user_id is None:
        raise Forbidden("A password is changed by a person who has signed in.")
    _check("newPassword", new)
    attempt = await count_attempt(ctx, caller.email or "")
    verdict = await passwords().verify(attempt.password_hash, current)
    if not verdict.is_right:
        raise InvalidCredentials("The current password is wrong.")
    await _store(ctx, caller.user_id, new, kept_session_id=caller.credential_id)
    ctx.audit("tenancy.change_password")


async def set_password(ctx: Context, *, email: str, password: str) -> None:
    """Give an account a new password, such as its first one, and end all its sessions."""
    _check("password", password)
    account = await account_by_email(ctx.session, email.strip().lower())
    if account is None:
        raise AccountNotFound("Nobody has an account with this address.")
    await _store(ctx, account.id, password, kept_session_id=None)
    ctx.audit("tenancy.set_password", subject=global_id("User", account.id))


async def _store(ctx: Context, user_id: int, password: str, *, kept_session_id: int | None) -> None:
    hashed = await passwords().hash(password)
    await forget_attempts(ctx.session, user_id, new_hash=hashed)
    await end_sessions(ctx.session, user_id=user_id, kept_id=kept_session_id, at=ctx.clock.now())
    account_changed(ctx, user_id)


def _check(field: str, password: str) -> None:
    values = Values()
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        values.refuse(field, f"Use {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters; several words are best.")
    values.check()
