"""Tokens of sessions and API keys: 256 random bits, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

SESSION_PREFIX = "fs_"
API_KEY_PREFIX = "fk_"

_FORM = re.compile(r"f[sk]_[A-Za-z0-9_-]{43}")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. Only `hash` and `prefix` (enough to recognise it by) may be stored."""

    token: str = field(repr=False)
    hash: bytes
    prefix: str


def new_session_token() -> NewToken:
    """A token for a sign-in."""
    return _new(SESSION_PREFIX)


def new_api_key() -> NewToken:
    """A token for a partner's key."""
    return _new(API_KEY_PREFIX)


def token_hash(token: str) -> bytes | None:
    """What the token is stored as; None when it cannot be one of ours, whatever the database holds.

    Tokens are random over their whole length, so a plain SHA-256 cannot be searched backwards.
    """
    if _FORM.fullmatch(token) is None:
        return None
    return _hash(token)


def _new(prefix: str) -> NewToken:
    token = prefix + secrets.token_urlsafe(32)
    return NewToken(token=token, hash=_hash(token), prefix=token[:_SHOWN])


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()
