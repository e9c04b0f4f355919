"""The project's own files and their imports."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is in the repository or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


@cache
def texts() -> dict[str, str]:
    """Every text file by its path."""
    found = {}
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            found[str(path.relative_to(ROOT))] = content.decode()
    return found


@cache
def trees(folder: str) -> dict[str, ast.Module]:
    """Every Python file below `folder`, parsed."""
    return {
        path: ast.parse(text)
        for path, text in texts().items()
        if path.startswith(f"{folder}/") and path.endswith(".py")
    }


@cache
def imports() -> grimp.ImportGraph:
    """Who imports whom, without imports for the type checker only."""
    return grimp.build_graph("server", "modules", exclude_type_checking_imports=True, cache_dir=None)


def module_codes() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "modules").glob("*/__init__.py"))
