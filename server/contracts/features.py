"""Billable capabilities a module declares; a tier includes them, with limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FeatureKind(StrEnum):
    BINARY = "BINARY"
    QUANTITATIVE = "QUANTITATIVE"


class FeatureScope(StrEnum):
    MERCHANT = "MERCHANT"
    STORE = "STORE"


@dataclass(frozen=True, slots=True)
class FeatureDeclaration:
    """A capability `code` (unique over all modules). `default_limit` None means unlimited."""

    code: str
    name: str
    description: str
    kind: FeatureKind = FeatureKind.BINARY
    scope: FeatureScope = FeatureScope.MERCHANT
    category: str = "general"
    unit: str | None = None
    default_limit: int | None = None
    icon: str = "star"
    order: int = 100
