"""Two referees of an answer's shape: Stripe's own fixtures, and the SDK's types, both made from its description."""

import builtins
import json
from pathlib import Path
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import stripe

FIXTURES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "stripe" / "fixtures3.json").read_text(encoding="utf-8")
)["resources"]

ONLY_EXPANDED = {"charge": {"refunds"}}
"""Left out unless expanded since API version 2022-11-15."""

ON_THE_WIRE = {"charge": {"dispute"}}
"""Not described any more, and still sent."""


def wrong(view: dict[str, Any]) -> list[str]:
    """What is wrong with an object, as both referees see it; empty when nothing is."""
    kind = view["object"]
    fixture = FIXTURES[kind]
    known = _annotations(_class_of(kind))
    found = [f"{kind}.{name} is missing" for name in fixture.keys() - view.keys() - ONLY_EXPANDED.get(kind, set())]
    found += [f"{kind}.{name} is unknown" for name in view.keys() - fixture.keys() - known.keys()
              - ON_THE_WIRE.get(kind, set())]  # fmt: skip
    for name, value in view.items():
        expanded = isinstance(value, dict) and "object" in value
        if name in fixture and not expanded and not _same_kind(value, fixture[name]):
            found.append(f"{kind}.{name} is a {type(value).__name__}, not a {type(fixture[name]).__name__}")
    return found + _typed(view, _class_of(kind), kind)


def _same_kind(value: Any, example: Any) -> bool:
    return value is None or example is None or type(value) is type(example)


def _class_of(kind: str) -> type:
    return getattr(stripe, "".join(part.capitalize() for part in kind.split("_")))  # type: ignore[no-any-return]


def _annotations(kind: type) -> dict[str, Any]:
    return {name: hint for name, hint in kind.__annotations__.items() if name[0] != "_" and name.islower()}


def _typed(view: dict[str, Any], kind: type, path: str) -> list[str]:
    hints = _annotations(kind)
    found: list[str] = []
    for name, value in view.items():
        if name in ON_THE_WIRE.get(path, ()):
            continue
        if name not in hints:
            if name not in FIXTURES.get(path, {}):
                found.append(f"{path}.{name} is unknown to the SDK")
            continue
        found += _fits(value, hints[name], f"{path}.{name}")
    return found


def _fits(value: Any, hint: Any, path: str) -> list[str]:
    options = list(get_args(hint)) if get_origin(hint) is Union else [hint]
    if value is None:
        return [] if type(None) in options else [f"{path} must not be null"]
    literals = [one for option in options if get_origin(option) is Literal for one in get_args(option)]
    if literals:
        return [] if value in literals else [f"{path} is {value!r}"]
    if isinstance(value, dict):
        return _object(value, options, path)
    if isinstance(value, list):
        inner = [get_args(option)[0] for option in options if get_origin(option) is list]
        if not inner:
            return [f"{path} is a list"]
        return [one for place, item in enumerate(value) for one in _fits(item, inner[0], f"{path}[{place}]")]
    plain = {option for option in options if isinstance(option, builtins.type)}
    return [] if type(value) in plain else [f"{path} is a {type(value).__name__}, not {hint}"]


def _object(value: dict[str, Any], options: list[Any], path: str) -> list[str]:
    if isinstance(value.get("object"), str) and value["object"] in FIXTURES:
        named = {str(one.__forward_arg__) for one in options if isinstance(one, ForwardRef)}
        expected = _class_of(value["object"]).__name__
        return (
            wrong(value)
            if expected in named or "UntypedStripeObject" in str(options)
            else [f"{path} is a {value['object']}"]
        )
    for option in options:
        if isinstance(option, builtins.type) and option.__module__.startswith("stripe."):
            return [] if option.__name__ == "UntypedStripeObject" else _typed(value, option, path)
        if "UntypedStripeObject" in str(option) or "ListObject" in str(option):
            return []
    return [f"{path} is an object"]
