from __future__ import annotations

import re

from tests.architecture.sources import texts

CODE = (".py", ".ts", ".tsx", ".css", ".sql", ".sh")
LONGEST_FILE = 500
REGISTRIES = re.compile(
    r"pypi\.\w|python[h]osted\.|npm[j]s\.|yarn[p]kg\."
)  # the brackets hide it from itself
HOME_FOLDERS = re.compile(r"(?<![\w.}*-])/(?:work|root|home|Users)/\w")


def test_stay_short_enough_to_read() -> None:
    lengths = {path: text.count("\n") for path, text in texts().items() if path.endswith(CODE)}

    assert {path: lines for path, lines in lengths.items() if lines >= LONGEST_FILE} == {}


def test_name_no_host_of_a_package_registry() -> None:
    assert _lines_with(REGISTRIES) == []


def test_name_no_folder_of_one_machine() -> None:
    assert _lines_with(HOME_FOLDERS) == []


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
