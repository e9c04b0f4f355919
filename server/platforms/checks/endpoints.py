"""HTTP endpoints: paths, and who may call them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from server.contracts.module import ModuleDefinition
from server.contracts.permissions import Permission
from server.platforms.checks.names import KERNEL
from server.platforms.checks.requirements import closure
from server.platforms.problems import Problem

PATH = re.compile(r"(?:/(?:[a-z0-9][a-z0-9._-]*|\{[a-z][a-z0-9_]*\}))+")
NAMED = re.compile(r"\{\w+\}")


def check_endpoints(
    definitions: Sequence[ModuleDefinition], kernel_permissions: Sequence[Permission] = ()
) -> Iterator[Problem]:
    """Paths are well-formed and lead to one endpoint each; permissions exist and are within reach."""
    by_code = {definition.code: definition for definition in definitions}
    owners = {permission.code: KERNEL for permission in kernel_permissions}
    owners |= {p.code: definition.code for definition in definitions for p in definition.permissions}
    for definition in definitions:
        reach = closure(definition.code, by_code) | {KERNEL}
        seen: set[tuple[str, str]] = set()
        for endpoint in definition.endpoints:
            name = f"endpoint {endpoint.method} {endpoint.path!r}"
            if not PATH.fullmatch(endpoint.path):
                text = "is badly formed; begin it with / and use a-z, 0-9, ., _, - and parts like {id}"
                yield Problem(definition.code, name, text)
            names = NAMED.findall(endpoint.path)
            if len(names) != len(set(names)):
                yield Problem(definition.code, name, "names two parts alike; rename one of them")
            shape = (endpoint.method, NAMED.sub("{}", endpoint.path))
            if shape in seen:
                yield Problem(definition.code, name, "is declared twice; remove one of them")
            seen.add(shape)
            permission = endpoint.access.permission
            if permission is not None and permission not in owners:
                text = f"needs the permission {permission!r}, which nobody declares; declare or correct it"
                yield Problem(definition.code, name, text)
            elif permission is not None and owners[permission] not in reach:
                text = f"needs a permission of {owners[permission]}; add {owners[permission]!r} to requires"
                yield Problem(definition.code, name, text)
