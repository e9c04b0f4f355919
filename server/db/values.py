"""Types of parameters."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger

BIGINTS = ARRAY(BigInteger())
"""A list of ids: one statement for lists of every length, unlike `in_`."""
