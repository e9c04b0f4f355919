"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from modules.tenancy.errors import (
    InvalidCredentials,
    PlatformChoiceRequired,
    SessionNotFound,
    TooManyAttempts,
)
from modules.tenancy.repository.credentials import add_session, platforms_of, revoke_session, sessions_page
from server.auth.backoff import Attempt, forget_attempts, stranger_locked_until, take_attempt
from server.auth.caller import Caller, CallerKind
from server.auth.passwords import Verdict, passwords
from server.auth.tokens import new_session_token
from server.context import Context, PlatformRecord
from server.db.paging import Page
from server.db.statements import Row
from server.errors import BadUserInput
from server.graphql.ids import global_id
from server.platforms.callers import Account
from server.platforms.invalidation import account_changed

COOKIE = "facet_session"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; the token is told once."""

    token: str = field(repr=False)
    expires_at: datetime


async def sign_in(ctx: Context, *, email: str, password: str, platform_code: str | None) -> SignedIn:
    """Begin a session and go on as its caller.

    The platform is the named one, else the request's, else the only one of the account. Whatever is wrong (an
    unknown address, the password, or a platform where the account has no role) costs the same work and gets
    the same answer. The session that made the request, if any, ends.
    """
    address = email.strip().lower()
    attempt = await count_attempt(ctx, address)
    verdict = await passwords().verify(attempt.password_hash, password)
    if not verdict.is_right or attempt.user_id is None:
        raise _refused()
    account = Account(attempt.user_id, address, attempt.name, attempt.is_operator)
    platform = await _platform_for(ctx, account, platform_code)
    caller = await ctx.services.callers.of_account(account, platform.id if platform else None)
    if caller is None:
        raise _refused()
    return await _begin_session(ctx, account, caller, platform, verdict)


async def sign_out(ctx: Context) -> None:
    """End the session that made the request; its token is refused from now on."""
    caller = ctx.caller
    if caller.kind is not CallerKind.SESSION or caller.credential_id is None or caller.user_id is None:
        raise BadUserInput("Only a session can sign out; revoke an API key with revokeApiKey.")
    await revoke_session(ctx.session, id=caller.credential_id, user_id=caller.user_id, at=ctx.clock.now())
    account_changed(ctx, caller.user_id)
    ctx.audit("tenancy.sign_out")
    ctx.response_cookies[COOKIE] = None


async def list_sessions(ctx: Context, *, first: int | None, after: str | None) -> Page[Row]:
    """The caller's own sessions on this platform that can still be used."""
    return await sessions_page(ctx, user_id=ctx.caller.user_id or 0, first=first, after=after)


async def revoke_own_session(ctx: Context, *, id: int) -> None:
    """End one of the caller's own sessions, on whatever platform."""
    if ctx.caller.kind is not CallerKind.SESSION or ctx.caller.user_id is None:
        raise BadUserInput("Only a person who has signed in can end sessions.")
    if not await revoke_session(ctx.session, id=id, user_id=ctx.caller.user_id, at=ctx.clock.now()):
        raise SessionNotFound("You have no such session, or it has ended already.")
    account_changed(ctx, ctx.caller.user_id)
    ctx.audit("tenancy.revoke_session", subject=global_id("Session", id))


def current_session_id(ctx: Context) -> int | None:
    """The session that makes the request, if it is one."""
    return ctx.caller.credential_id if ctx.caller.kind is CallerKind.SESSION else None


async def count_attempt(ctx: Context, address: str) -> Attempt:
    """Count a try in a transaction of its own, so that it counts even when the operation is rolled back.

    Raises `TooManyAttempts` while the address has to wait.
    """
    now = ctx.clock.now()
    if not address.isprintable():
        return Attempt()
    async with ctx.services.database.begin(None) as session:
        attempt = await take_attempt(session, address, now)
    locked_until = attempt.locked_until
    if attempt.user_id is None and locked_until is None:
        locked_until = await stranger_locked_until(ctx.services.redis, address, now)
    if locked_until is not None:
        raise TooManyAttempts(
            f"Too many wrong passwords for this address. Try again at {locked_until:%H:%M:%S} UTC.",
            retry_at=locked_until,
        )
    return attempt


async def _platform_for(ctx: Context, account: Account, code: str | None) -> PlatformRecord | None:
    """The platform to sign in to; None for an operator who named none."""
    if account.is_operator:
        if code is None:
            return ctx.platform
        return await _known_platform(ctx, code)
    async with ctx.services.database.session(None, read_only=True) as session:
        usable = await platforms_of(session, account.id)
    if code is not None:
        chosen: str | None = code
    elif ctx.platform is not None and (ctx.platform.code in usable or ctx.caller.is_anonymous):
        chosen = ctx.platform.code
    else:
        chosen = next(iter(usable)) if len(usable) == 1 else None
    if chosen is not None:
        if chosen not in usable:
            raise _refused()
        return await _known_platform(ctx, chosen)
    if not usable:
        raise _refused()
    raise PlatformChoiceRequired(
        f"Say in `platform` which one to sign in to: {', '.join(usable)}.", platforms=list(usable)
    )


async def _known_platform(ctx: Context, code: str) -> PlatformRecord:
    platform: PlatformRecord | None = await ctx.services.platforms.by_code(code)
    if platform is None:
        raise _refused()
    return platform


async def _begin_session(
    ctx: Context, account: Account, caller: Caller, platform: PlatformRecord | None, verdict: Verdict
) -> SignedIn:
    before, now = ctx.caller, ctx.clock.now()
    await ctx.services.enter(ctx, caller, platform)
    await forget_attempts(ctx.session, account.id, new_hash=verdict.new_hash)
    if before.kind is CallerKind.SESSION and before.credential_id and before.user_id:
        await revoke_session(ctx.session, id=before.credential_id, user_id=before.user_id, at=now)
        account_changed(ctx, before.user_id)
    token = new_session_token()
    until = now + ctx.services.callers.session_lifetime
    row = await add_session(
        ctx.session,
        platform_id=platform.id if platform else None,
        user_id=account.id,
        token=token,
        now=now,
        until=until,
    )
    ctx.caller = replace(caller, credential_id=row.id, expires_at=until)
    ctx.response_cookies[COOKIE] = token.token
    ctx.audit("tenancy.sign_in")
    return SignedIn(token.token, until)


def _refused() -> InvalidCredentials:
    return InvalidCredentials("The e-mail address or the password is wrong, or you have no role here.")
