"""Settings as nested JSON objects, addressed by dotted paths."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr

from server.db.text import is_storable

Values: TypeAlias = dict[str, Any]

REDACTED = "[redacted]"


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """`below` with the values of `above` in their places; objects are merged, everything else is replaced."""
    result = dict(below)
    for key, value in above.items():
        known = result.get(key)
        nested = isinstance(known, Mapping) and isinstance(value, Mapping)
        result[key] = merged(known, value) if nested else value  # type: ignore[arg-type]  # checked just above
    return result


def without(values: Mapping[str, Any], removed: Collection[str]) -> Values:
    """`values` without these paths; an object that becomes empty by it goes too."""
    return _without(values, removed, "")


def _without(values: Mapping[str, Any], removed: Collection[str], prefix: str) -> Values:
    result: Values = {}
    for key, value in values.items():
        path = prefix + key
        if path in removed:
            continue
        if isinstance(value, Mapping) and value:
            rest = _without(value, removed, path + ".")
            if rest:
                result[key] = rest
        else:
            result[key] = value
    return result


def redacted(values: Mapping[str, Any], secrets: Collection[str], prefix: str = "") -> Values:
    """`values` with a placeholder for every secret."""
    result: Values = {}
    for key, value in values.items():
        path = prefix + key
        if path in secrets:
            result[key] = None if value is None else REDACTED
        elif isinstance(value, Mapping):
            result[key] = redacted(value, secrets, path + ".")
        else:
            result[key] = value
    return result


def is_set(values: Mapping[str, Any], path: str, *, or_null: bool = False) -> bool:
    """Whether there is a value at the path; null counts with `or_null`."""
    current: Any = values
    for part in path.split("."):
        if not isinstance(current, Mapping) or part not in current:
            return False
        current = current[part]
    return or_null or current is not None


def difference(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The paths whose values differ, sorted."""
    found: list[str] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += difference(old, new, f"{prefix}{key}.")
        elif old != new or (key in before) != (key in after):
            found.append(prefix + key)
    return found


def paths(values: Mapping[str, Any], schema: type[BaseModel], prefix: str = "") -> list[str]:
    """The paths of the single settings, in the schema's order."""
    found: list[str] = []
    for name, info in schema.model_fields.items():
        model = nested_model(info.annotation)
        value = values.get(name)
        if model is not None and isinstance(value, Mapping):
            found += paths(value, model, f"{prefix}{name}.")
        else:
            found.append(prefix + name)
    return found


def secret_paths(schema: type[BaseModel], prefix: str = "") -> frozenset[str]:
    """The paths of the settings that hold secrets."""
    found: set[str] = set()
    for name, info in schema.model_fields.items():
        model = nested_model(info.annotation)
        if model is not None:
            found |= secret_paths(model, f"{prefix}{name}.")
        elif _holds_secret(info.annotation):
            found.add(prefix + name)
    return frozenset(found)


def unknown_paths(values: Mapping[str, Any], schema: type[BaseModel], prefix: str = "") -> list[str]:
    """The paths in `values` that the schema does not have."""
    found: list[str] = []
    for name, value in values.items():
        info = schema.model_fields.get(name)
        if info is None:
            found.append(prefix + name)
            continue
        model = nested_model(info.annotation)
        if model is not None and isinstance(value, Mapping):
            found += unknown_paths(value, model, f"{prefix}{name}.")
    return found


def unstorable_paths(value: Any, path: str = "") -> list[str]:
    """Where a text, or the name of a setting, holds what the database cannot keep."""
    if isinstance(value, str):
        return [] if is_storable(value) else [path]
    if isinstance(value, Mapping):
        names = [path for name in value if not is_storable(name)]
        return names + [
            p for name, v in value.items() for p in unstorable_paths(v, f"{path}.{name}".lstrip("."))
        ]
    if isinstance(value, list):
        return [p for number, item in enumerate(value) for p in unstorable_paths(item, f"{path}.{number}")]
    return []


def nested_model(annotation: Any) -> type[BaseModel] | None:
    """The model behind an annotation `Model` or `Model | None`."""
    for candidate in _alternatives(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _holds_secret(annotation: Any) -> bool:
    if annotation in (SecretStr, SecretBytes):
        return True
    return any(_holds_secret(part) for part in get_args(annotation))


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
