"""Configuration schemas and the defaults a module ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from server.contracts.module import ModuleDefinition
from server.platforms.problems import Problem


def check_config(definitions: Sequence[ModuleDefinition]) -> Iterator[Problem]:
    """The schema accepts its own defaults together with the declared ones."""
    for definition in definitions:
        if definition.config is None:
            if definition.default_config:
                text = "has no schema; declare config= or remove it"
                yield Problem(definition.code, "default_config", text)
            continue
        for key in sorted(set(definition.default_config) - definition.config.model_fields.keys()):
            text = "is no setting of its schema; correct the name"
            yield Problem(definition.code, f"default_config {key!r}", text)
        try:
            definition.config.model_validate(dict(definition.default_config))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                path = ".".join(str(part) for part in detail["loc"])
                text = f"is refused by its schema: {detail['msg']}; give it a default the schema accepts"
                yield Problem(definition.code, f"config {path!r}", text)
