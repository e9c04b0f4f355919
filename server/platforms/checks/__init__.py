"""What the declarations of all modules must satisfy together, before anything is served."""

from __future__ import annotations

from collections.abc import Sequence

from server.contracts.module import ModuleDefinition
from server.contracts.permissions import Permission
from server.platforms.checks.config import check_config
from server.platforms.checks.endpoints import check_endpoints
from server.platforms.checks.folders import check_folders
from server.platforms.checks.imports import check_imports
from server.platforms.checks.locales import check_locales
from server.platforms.checks.metrics import check_metrics
from server.platforms.checks.names import check_names
from server.platforms.checks.requirements import check_requirements
from server.platforms.checks.tables import check_tables
from server.platforms.problems import Problem


def check_definitions(
    definitions: Sequence[ModuleDefinition], kernel_permissions: Sequence[Permission] = ()
) -> list[Problem]:
    """Every reason why the modules cannot be used together; empty when they can."""
    problems = [*check_requirements(definitions), *check_names(definitions, kernel_permissions)]
    problems += check_endpoints(definitions, kernel_permissions)
    for check in (check_metrics, check_imports, check_config, check_folders, check_locales, check_tables):
        problems += check(definitions)
    return problems
