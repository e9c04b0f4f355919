"""Ten thousand platforms with the made-up modules, as a process remembers them."""

from __future__ import annotations

from graphql import parse

from server.auth.audience import Audience
from server.composition import SchemaView, ViewCache
from server.context import PlatformRecord
from server.platforms.cache import FreshCache, Freshness
from server.platforms.module_sets import ModuleState
from tests.benchmarks.synthetic import module_sets, registry

PLATFORMS = 10_000


class RememberedPlatforms:
    """Module sets and platforms by id, loaded once from nowhere instead of from a database."""

    def __init__(self, sets: int) -> None:
        self.sets = sets
        self._module_sets = module_sets(sets)
        self._registry = registry()
        freshness = Freshness(3_600, 3_600)
        self._states: FreshCache[int, ModuleState] = FreshCache(self._state, freshness)
        self._records: FreshCache[int, PlatformRecord] = FreshCache(self._record, freshness)

    async def view(self, views: ViewCache, platform_id: int, audience: Audience) -> SchemaView:
        """What a request does before its document is looked at."""
        return views.get(await self.modules(platform_id), audience)

    async def modules(self, platform_id: int) -> frozenset[str]:
        """The codes of the enabled modules, after a look at the platform."""
        await self._records.get(platform_id)
        return (await self._states.get(platform_id)).enabled

    async def _state(self, platform_id: int) -> ModuleState:
        chosen = self._module_sets[platform_id % self.sets]
        choices = {code: code in chosen for code in self._registry.optional}
        return ModuleState(platform_id, self._registry, choices=choices)

    async def _record(self, platform_id: int) -> PlatformRecord:
        return PlatformRecord(platform_id, f"p{platform_id}", f"Platform {platform_id}", "UTC", "EUR")


async def answer(view: SchemaView, text: str) -> None:
    """Parse and check the document unless the view remembers it, and run it."""
    record = view.documents.get(text)
    if record is None:
        document = parse(text)
        record = view.documents.put(text, document, view.validate(document))
    result = await view.execute_document(record.document, context=None)
    assert not record.errors, record.errors
    assert not result.errors, result.errors
