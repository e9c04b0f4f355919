"""What this package needs of the application a context belongs to."""

from __future__ import annotations

from functools import lru_cache

from server.context import Context
from server.contracts.directory import Directory
from server.metrics.catalogue import Catalogue
from server.metrics.known import KnownScopes
from server.platforms.locales import Locales, text_key
from server.platforms.registry import Registry


def catalogue_of(ctx: Context) -> Catalogue:
    """Every metric of the installed modules."""
    return _catalogue(_registry(ctx))


def label_in(ctx: Context, module: str, key: str, default: str) -> str:
    """A metric's name in the caller's language; `default` when its module has no text for it."""
    return _label(_registry(ctx), module, key, default, ctx.locale)


def directory_of(ctx: Context) -> Directory:
    """Who knows which merchants and stores exist."""
    return _registry(ctx).directory


def known_scopes_of(ctx: Context) -> KnownScopes:
    """What this process remembers of which merchants and stores exist."""
    known: KnownScopes = ctx.services.known_scopes
    return known


def _registry(ctx: Context) -> Registry:
    registry: Registry = ctx.services.registry
    return registry


# A process has one registry; tests have a few.
@lru_cache(maxsize=8)
def _catalogue(registry: Registry) -> Catalogue:
    return Catalogue(registry.definitions)


@lru_cache(maxsize=2_048)
def _label(registry: Registry, module: str, key: str, default: str, locale: str) -> str:
    return _locales(registry).text(module, text_key("metric", key), locale, default=default)


@lru_cache(maxsize=8)
def _locales(registry: Registry) -> Locales:
    return Locales(registry.definitions)
