"""A checkout and a database with the demo data, in which a reader's steps are taken one by one.

Blocks marked in a page are steps: `sh run` (a `facet` or `curl` command), `graphql run` (with `as=merchant` for
`merchant@demo.test` and `on=loyalty` for the platform; `as=nobody` sends no token), `… append=path` (lines for the
end of a file), `… write=path` (a whole file). A block marked `answer` holds what the step before it must have
answered; a line `…` in it stands for any lines.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

from tests.docs.pages import ROOT, Block

PLAYER = Path(__file__).with_name("player.py")
ADDRESS = "http://127.0.0.1:8000"
SIGN_IN = """mutation ($email: String!) {
  signIn(email: $email, password: "facet-demo") { ... on SignInPayload { token } }
}"""


class Workshop:
    """One reader, one checkout, one database."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment, "PYTHONPATH": str(folder), "COLUMNS": "100"}
        self.tokens: dict[tuple[str, str], str] = {}
        self.token = ""
        self.answer = ""
        self._player: subprocess.Popen[str] | None = None

    @classmethod
    def open(cls, folder: Path, environment: dict[str, str]) -> Workshop:
        """A copy of the modules beside the server as it is."""
        copytree(ROOT / "modules", folder / "modules", ignore=ignore_patterns("__pycache__"))
        for name in ("server", "migrations"):
            (folder / name).symlink_to(ROOT / name)
        return cls(folder, environment)

    def close(self) -> None:
        """Stop the server."""
        player, self._player = self._player, None
        if player is not None:
            player.communicate(timeout=60)

    def take(self, steps: Iterable[Block]) -> None:
        """Take the steps in order; fails at the first that does not do what the page says."""
        for step in steps:
            if "answer" in step.words:
                self._compare(step)
            elif path := step.value("append"):
                self.close()
                with (self.folder / path).open("a", encoding="utf-8") as file:
                    file.write("\n" + step.text)
            elif path := step.value("write"):
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / path).write_text(step.text, "utf-8")
            elif "run" in step.words:
                self.answer = self._ask(step) if step.language == "graphql" else self._run(step)

    def _run(self, step: Block) -> str:
        command = shlex.split(step.text.replace("\\\n", " "), comments=True)
        if command[0] == "curl":
            return self._curl(command[1:])
        assert command[0] == "facet", f"{step}: only facet and curl are run"
        return self.facet(*command[1:])

    def facet(self, *arguments: str) -> str:
        """What the command says, on either output."""
        self.close()
        done = subprocess.run(
            [sys.executable, "-m", "server", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    def _curl(self, arguments: list[str]) -> str:
        request: dict[str, Any] = {"headers": {}}
        rest = iter(arguments)
        for argument in rest:
            if argument == "-H":
                name, _, value = next(rest).partition(": ")
                request["headers"][name] = value.replace("$TOKEN", self.token)
            elif argument == "-d":
                request["body"] = next(rest)
            elif argument != "-s":
                request["url"] = argument
        return self._send(request)

    def _ask(self, step: Block) -> str:
        who, platform = step.value("as") or "oms-admin", step.value("on") or "oms"
        headers = {}
        if who != "nobody":
            if (who, platform) not in self.tokens:
                answer = self._post(platform, SIGN_IN, {"email": f"{who}@demo.test"}, {})
                assert '"token"' in answer, f"{step}: {who} could not sign in to {platform}: {answer}"
                self.tokens[who, platform] = self.token
            headers["Authorization"] = f"Bearer {self.tokens[who, platform]}"
        return self._post(platform, step.text, {}, headers)

    def _post(self, platform: str, query: str, variables: dict[str, str], headers: dict[str, str]) -> str:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
            **headers,
        }
        body = json.dumps({"query": query, "variables": variables})
        return self._send({"url": f"{ADDRESS}/p/{platform}/graphql", "headers": headers, "body": body})

    def _send(self, request: dict[str, Any]) -> str:
        if self._player is None:
            self._player = subprocess.Popen(
                [sys.executable, PLAYER],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._player.stdin
        assert self._player.stdout
        self._player.stdin.write(json.dumps(request) + "\n")
        self._player.stdin.flush()
        answer = self._player.stdout.readline()
        found = re.search(r'"token": ?"([^"]+)"', answer)
        self.token = found.group(1) if found else self.token
        return answer

    def _compare(self, step: Block) -> None:
        if step.language == "json":
            given = json.loads(self.answer)
            given.pop("extensions", None)
            assert given == json.loads(step.text), f"{step} is not what was answered:\n{self.answer}"
            return
        lines = (".*?" if line == "…" else re.escape(line) for line in _lines(step.text))
        given = "\n".join(_lines(self.answer))
        assert re.fullmatch("\n".join(lines), given, re.DOTALL), f"{step} is not what was answered:\n{given}"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]
