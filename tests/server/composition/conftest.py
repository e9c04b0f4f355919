"""Composed sample modules. Composing is done once: nothing in these tests changes the schema."""

import pytest

from server.composition import ComposedSchema, ViewCache
from tests.server.composition.sample_modules import compose


@pytest.fixture(scope="session")
def full() -> ComposedSchema:
    return compose()


@pytest.fixture
def views(full: ComposedSchema) -> ViewCache:
    return ViewCache(full)
