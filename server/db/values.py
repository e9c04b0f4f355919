"""Types of parameters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam

BIGINTS = ARRAY(BigInteger())
"""A list of ids: one statement for lists of every length, unlike `in_`."""

IDS: Any = bindparam("ids", type_=BIGINTS, required=True)
"""The parameter `ids` of statements that are made once: `column == any_(IDS)`."""
