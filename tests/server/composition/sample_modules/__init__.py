"""A small kernel and five modules that use every way of contributing to a schema.

places (core) <- people <- plans        console (internal, requires places)        notes (requires nothing)
"""

from server.composition import KERNEL, ComposedModule, ComposedSchema, Composer, Finish
from tests.server.composition.sample_modules import base, console, notes, people, places, plans

PACKAGE = __name__

KERNEL_PART = ComposedModule(KERNEL, f"{PACKAGE}.base", base.graph)
PLACES = ComposedModule("places", f"{PACKAGE}.places", places.graph)
PEOPLE = ComposedModule("people", f"{PACKAGE}.people", people.graph, requires=("places",))
PLANS = ComposedModule("plans", f"{PACKAGE}.plans", plans.graph, requires=("people",))
NOTES = ComposedModule("notes", f"{PACKAGE}.notes", notes.graph)
CONSOLE = ComposedModule(
    "console", f"{PACKAGE}.console", console.graph, requires=("places",), is_internal=True
)

PARTS = (KERNEL_PART, PLACES, PEOPLE, PLANS, NOTES, CONSOLE)
CODES = tuple(part.code for part in PARTS[1:])


def compose(*finish: Finish) -> ComposedSchema:
    return Composer(PARTS, finish=finish).compose()
