"""Tables: whose they are by their name, and what they may refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Table

from server.contracts.module import ModuleDefinition
from server.db.base import Base
from server.platforms.checks.requirements import closure
from server.platforms.problems import Problem


def tables_of(package: str) -> list[Table]:
    """The tables whose models are declared inside `package`, by name."""
    inside = [
        mapper.local_table
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table) and _inside(mapper.class_.__module__, package)
    ]
    return sorted(set(inside), key=lambda table: table.name)


def check_tables(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """Names begin with the module's code; foreign keys lead to the kernel, itself, or what it requires."""
    by_code = {definition.code: definition for definition in definitions}
    tables = {d.code: tables_of(d.package) if d.package else [] for d in definitions}
    owners = {table.name: code for code, found in tables.items() for table in found}
    for code, found in tables.items():
        reach = closure(code, by_code)
        for table in found:
            if not table.name.startswith(f"{code}_"):
                yield Problem(code, f"table {table.name!r}", f"must begin with '{code}_'; rename it")
            targets = {key.target_fullname.rpartition(".")[0] for key in table.foreign_keys}
            for target in sorted(targets):
                owner = owners.get(target)
                if owner is not None and owner not in reach:
                    text = f"refers to {target} of {owner}; add {owner!r} to requires"
                    yield Problem(code, f"table {table.name!r}", text)


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")
