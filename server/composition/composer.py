"""Builds one schema from the contributions of all modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig

from server.composition.checks import check_elements, check_references
from server.composition.contributions import Contributions
from server.composition.names import RecordingNames
from server.composition.ownership import Ownership
from server.composition.parts import KERNEL, ComposedModule, CompositionError, Problem
from server.composition.schema import ComposedSchema
from server.composition.stamp import stamp
from server.graphql.graph import MUTATION, QUERY, ROOTS, SUBSCRIPTION, OpenUnion

Finish = Callable[[ComposedSchema], None]

DESCRIPTIONS = {
    QUERY: "Everything that can be read.",
    MUTATION: "Everything that can be changed.",
    SUBSCRIPTION: "Everything that can be followed as it happens.",
}


class Composer:
    """Composes parts into a `ComposedSchema`.

    `finish` functions run on the built schema, in order, before it is handed out: this is where resolvers are
    wrapped. `config` is Strawberry's; its name converter is replaced.
    """

    def __init__(
        self,
        parts: Sequence[ComposedModule],
        *,
        config: StrawberryConfig | None = None,
        finish: Sequence[Finish] = (),
    ) -> None:
        self.parts = tuple(parts)
        self.config = config or StrawberryConfig()
        self.finish = tuple(finish)

    def compose(self) -> ComposedSchema:
        """The schema; raises `CompositionError` with every problem found."""
        names = RecordingNames()
        roots = self._roots()
        ownership = Ownership(self.parts)
        problems = [*self._check_parts(), *self._fill_unions()]
        contributions = Contributions(self.parts, roots, names)
        if QUERY not in roots:
            raise CompositionError([*problems, Problem(KERNEL, QUERY, "has no fields; contribute one")])
        schema = self._build(contributions, ownership, names, roots, problems)
        collisions = list(names.collisions(ownership, roots))
        problems += [*contributions.problems, *collisions]
        if schema is not None:
            stamp(schema.graphql_schema, ownership, contributions)
            problems += check_elements(schema.graphql_schema, contributions, ownership)
            if not collisions:
                problems += check_references(schema.graphql_schema, contributions, ownership)
        if problems or schema is None:
            raise CompositionError(problems)
        _, skipped = contributions.unreached()
        schema.skipped = tuple(entry.contribution.where for entry in skipped)
        for finish in self.finish:
            finish(schema)
        return schema

    def _build(
        self,
        contributions: Contributions,
        ownership: Ownership,
        names: RecordingNames,
        roots: dict[str, type],
        problems: list[Problem],
    ) -> ComposedSchema | None:
        """The schema, or None with the reason among the problems.

        Strawberry's own search for duplicate names is off: it stops at the first; `names` finds all.
        """
        config = replace(
            self.config, auto_camel_case=True, name_converter=names, _unsafe_disable_same_type_validation=True
        )
        types = [type_ for part in self.parts for type_ in part.graph.types]
        try:
            return ComposedSchema(contributions, ownership, roots=roots, types=types, config=config)
        except Exception as error:  # whatever Strawberry or graphql-core refuses is the author's to read
            text = str(error) or f"stopped with {type(error).__name__}"
            problems.append(Problem(KERNEL, "the schema", f"cannot be built: {text}"))
            return None

    def _roots(self) -> dict[str, type]:
        """A class without fields for each root that some module contributes to."""
        targets = {entry.target for part in self.parts for entry in part.graph.contributions}
        return {root: _root(root) for root in ROOTS if root in targets}

    def _check_parts(self) -> list[Problem]:
        codes = Counter(part.code for part in self.parts if part.code != KERNEL)
        problems = [
            Problem(code, "the module", "is there twice; rename one") for code, n in codes.items() if n > 1
        ]
        owners: dict[object, str] = {}
        for part in self.parts:
            if part.graph.module != part.code:
                text = f"belongs to '{part.graph.module}'; give ModuleGraph the code of its module"
                problems.append(Problem(part.code, "the graph", text))
            for missing in sorted(set(part.requires) - set(codes)):
                text = "is required and not installed; install it or take it out of requires"
                problems.append(Problem(part.code, missing, text))
            for element in part.graph.owned:
                if owners.setdefault(element, part.code) != part.code:
                    text = f"is owned by '{owners[element]}' too; declare one owner"
                    problems.append(Problem(part.code, getattr(element, "__name__", str(element)), text))
        return problems

    def _fill_unions(self) -> list[Problem]:
        unions: dict[str, OpenUnion] = {
            str(u.graphql_name): u for part in self.parts for u in part.graph.unions
        }
        members: dict[str, list[Any]] = {name: [] for name in unions}
        problems = []
        for part in self.parts:
            for name, found in part.graph.members.items():
                if name in members:
                    members[name].extend(found)
                else:
                    text = f"is not an open union; the open unions are: {', '.join(sorted(unions)) or 'none'}"
                    problems.append(Problem(part.code, name, text))
        for name, union in unions.items():
            union.type_annotations = tuple(StrawberryAnnotation(member) for member in members[name])
        return problems


def _root(name: str) -> type:
    return strawberry.type(type(name, (), {"__module__": __name__}), description=DESCRIPTIONS[name])
