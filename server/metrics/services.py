"""What this package needs of the application a context belongs to."""

from __future__ import annotations

from functools import lru_cache

from server.context import Context
from server.contracts.directory import Directory
from server.metrics.catalogue import Catalogue
from server.platforms.locales import Locales
from server.platforms.registry import Registry


def catalogue_of(ctx: Context) -> Catalogue:
    """Every metric of the installed modules."""
    return _catalogue(_registry(ctx))


def locales_of(ctx: Context) -> Locales:
    """The texts of the installed modules."""
    return _locales(_registry(ctx))


def directory_of(ctx: Context) -> Directory:
    """Who knows which merchants and stores exist."""
    return _registry(ctx).directory


def _registry(ctx: Context) -> Registry:
    registry: Registry = ctx.services.registry
    return registry


# A process has one registry; tests have a few.
@lru_cache(maxsize=8)
def _catalogue(registry: Registry) -> Catalogue:
    return Catalogue(registry.definitions)


@lru_cache(maxsize=8)
def _locales(registry: Registry) -> Locales:
    return Locales(registry.definitions)
