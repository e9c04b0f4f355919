"""What views cost: to build, to keep, to find, and what all of that adds to a request."""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from statistics import median

from server.auth.audience import Audience
from server.composition import ComposedSchema, ViewCache
from tests.benchmarks.platforms import PLATFORMS, RememberedPlatforms, answer
from tests.benchmarks.synthetic import MODULES, SMALL_QUERY, composed, module_sets
from tests.benchmarks.tables import show

MICROSECONDS = 1_000_000
FEW = 256
MANY = 1_024


def test_build_and_keep() -> None:
    began = time.process_time()
    schema = composed()
    took = time.process_time() - began
    rows = []
    for count in (1, 40, 1_000):
        build, look = _build_and_look(schema, count)
        rows.append((count, build * 1000, _kept(schema, min(count, 40)), look * MICROSECONDS))
    show(
        "Views of made-up modules",
        ("module sets", "build one, ms CPU", "keep one, KiB", "find one, µs"),
        rows,
        f"{MODULES} modules, {len(schema.graphql_schema.type_map)} types, composed once in {took * 1000:.0f} ms CPU.",
        "Every view is kept. It grows by the types that a query first touches; see the memory below.",
    )


def test_remember_ten_thousand_platforms() -> None:
    rows = []
    for sets, kinds, keep in ((1, 1, FEW), (40, 1, FEW), (40, 4, MANY)):
        steps = _memory(sets, kinds, keep)
        assert steps["built"] == steps["kept"]
        after = [steps[name] - steps["start"] for name in ("views", "queries", "introspections")]
        rows.append((sets, kinds, int(steps["built"]), steps["start"], *after))
    show(
        f"Resident memory of a process that remembers {PLATFORMS:,} platforms, MiB",
        (
            *("module sets", "audiences", "views", "schema only"),
            *("+ platforms and views", "+ a query on each", "+ introspection of each"),
        ),
        rows,
        "Each row is a process of its own. What is added counts from the schema only.",
        "The last column also holds the answer to each view's introspection, which is made once and kept.",
    )


async def test_add_to_a_request() -> None:
    schema = composed()
    rows = []
    for sets, kinds, keep in (
        (1, 1, FEW),
        (40, 1, FEW),
        (40, 4, FEW),
        (40, 4, MANY),
        (1_000, 1, FEW),
        (1_000, 1, MANY),
    ):
        views = ViewCache(schema, max_size=keep)
        find, whole, fixed = await _request_times(views, RememberedPlatforms(sets), kinds)
        asked = views.hits + views.misses
        rows.append((sets, kinds, keep, 100 * views.hits / asked, find, whole, fixed, whole - fixed))
    show(
        "What views add to a request, µs CPU, medians",
        (
            *("module sets", "audiences", "views kept", "found, %"),
            *("find", "small query", "same, one schema", "added"),
        ),
        rows,
        f"{PLATFORMS:,} platforms ask in random order, all equally often: the worst case for what is kept.",
        "find: module set and platform by id, view by module set, all in memory. small query: find, then parse and",
        "check it unless the view remembers it, and run it. A view that must be built again has forgotten all queries.",
        f"Installed as it is, a process keeps {ViewCache(schema).max_size:,} views.",
    )


def _build_and_look(schema: ComposedSchema, count: int) -> tuple[float, float]:
    sets = module_sets(count)
    views = ViewCache(schema, max_size=count)
    began = time.process_time()
    for chosen in sets:
        views.get(chosen)
    build = (time.process_time() - began) / count
    looks = [sets[n % count] for n in range(100_000)]
    began = time.process_time()
    for chosen in looks:
        views.get(chosen)
    return build, (time.process_time() - began) / len(looks)


def _kept(schema: ComposedSchema, count: int) -> float:
    views = ViewCache(schema, max_size=count)
    gc.collect()
    tracemalloc.start()
    for chosen in module_sets(count):
        views.get(chosen)
    kept = tracemalloc.get_traced_memory()[0] / count / 1024
    tracemalloc.stop()
    return kept


def _memory(sets: int, kinds: int, keep: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.view_memory", str(sets), str(kinds), str(keep)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    steps: dict[str, float] = json.loads(done.stdout)
    return steps


async def _request_times(
    views: ViewCache, remembered: RememberedPlatforms, kinds: int
) -> tuple[float, float, float]:
    """To find the view; to find it and answer; to answer from one view that is at hand."""
    chance, audiences = random.Random(1), list(Audience)[:kinds]
    at_hand = ViewCache(views.schema).get(views.schema.modules, Audience.ADMIN)

    def anyone() -> tuple[int, Audience]:
        return chance.randrange(PLATFORMS), chance.choice(audiences)

    async def find() -> None:
        await remembered.view(views, *anyone())

    async def whole() -> None:
        await answer(await remembered.view(views, *anyone()), SMALL_QUERY)

    async def fixed() -> None:
        anyone()
        await answer(at_hand, SMALL_QUERY)

    async def nothing() -> None:
        anyone()

    for platform_id in range(PLATFORMS):
        await remembered.modules(platform_id)
    for platform_id in range(min(remembered.sets, 2 * views.max_size)):
        for audience in audiences:
            await answer(await remembered.view(views, platform_id, audience), SMALL_QUERY)
    gc.collect()
    views.hits = views.misses = 0
    rounds = [[await _cpu(work) for work in (nothing, find, whole, fixed)] for _ in range(5)]
    empty, *times = (median(column) for column in zip(*rounds, strict=True))
    found, answered, answered_at_hand = (moment - empty for moment in times)
    return found, answered, answered_at_hand


async def _cpu(work: Callable[[], Awaitable[None]], times: int = 200) -> float:
    began = time.process_time()
    for _ in range(times):
        await work()
    return (time.process_time() - began) / times * MICROSECONDS
