"""What is asked. Each file beside this one is a workload; a new file is measured without further ado."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.benchmarks.workload import Workload

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (import_module(f"{__name__}.{module.name}").WORKLOAD for module in iter_modules(__path__))
}
"""By their names, in the order of the files."""
