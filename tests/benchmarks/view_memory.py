"""A process that remembers ten thousand platforms and answers for them; writes its memory after each step.

python -m tests.benchmarks.view_memory <module sets> <audiences> <views kept>
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys

import psutil

from server.auth.audience import Audience
from server.composition import ViewCache
from tests.benchmarks.platforms import PLATFORMS, RememberedPlatforms, answer
from tests.benchmarks.synthetic import SMALL_QUERY, composed


async def main(sets: int, kinds: int, keep: int) -> None:
    """Write a JSON object: mebibytes of resident memory after each step, and how many views there are."""
    views = ViewCache(composed(), max_size=keep)
    remembered = RememberedPlatforms(sets)
    audiences = list(Audience)[:kinds]
    steps = {"start": resident()}
    for platform_id in range(PLATFORMS):
        for audience in audiences:
            await remembered.view(views, platform_id, audience)
    steps["views"] = resident()
    visits = [(platform_id, audience) for audience in audiences for platform_id in range(sets)]
    for platform_id, audience in visits:
        await answer(await remembered.view(views, platform_id, audience), SMALL_QUERY)
    steps["queries"] = resident()
    for platform_id, audience in visits:
        assert (await remembered.view(views, platform_id, audience)).introspection["__schema"]
    steps["introspections"] = resident()
    json.dump({**steps, "built": views.misses, "kept": len(views)}, sys.stdout)


def resident() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
