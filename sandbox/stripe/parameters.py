"""Which parameters an endpoint takes, and of what type: read from the SDK's own TypedDicts, so that it is honest.

The SDK's types are generated from Stripe's API description. A literal type there is open (`Literal[…] | str`) for
the sake of older SDKs; Stripe's servers refuse other values, and so does this.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import get_type_hints, is_typeddict

from sandbox.stripe.errors import Invalid, Json

METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 50, 40, 500


@dataclass(frozen=True)
class Shape:
    """What one endpoint takes.

    Args:
        known: the SDK's TypedDict of its parameters.
        required: names that must be given.
        simulated: top-level names the sandbox acts on or at least gives back; a call with another of Stripe's own
            names is refused with a message that says so, rather than ignored. None: all.
        browser: further TypedDict, for what only Stripe.js sends with a publishable key.
    """

    known: type
    required: tuple[str, ...] = ()
    simulated: frozenset[str] | None = None
    browser: type | None = None


def read(shape: Shape, form: Json, *, from_browser: bool = False) -> Json:
    """The parameters with their types.

    Raises:
        Invalid: unknown (parameter_unknown), missing (parameter_missing), of a wrong type, or not simulated.
    """
    hints = dict(hints_of(shape.known))
    extra = hints_of(shape.browser) if from_browser and shape.browser else {}
    hints.update(extra)
    _refuse_unknown(form, hints, "")
    for name in form:
        if shape.simulated is not None and name not in shape.simulated and name not in extra:
            raise Invalid(f"The sandbox does not simulate the parameter {name}.", "sandbox_not_simulated", name)
    for name in shape.required:
        if form.get(name) in (None, ""):
            raise Invalid(f"Missing required param: {name}.", "parameter_missing", name)
    values = {name: _convert(hints[name], value, name) for name, value in form.items()}
    _check_metadata(values.get("metadata"))
    return values


@lru_cache(maxsize=256)
def hints_of(kind: type) -> dict[str, Any]:
    """Names and types of a TypedDict of the SDK, without the options of the SDK itself (api_key and so on)."""
    options = RequestOptions.__annotations__
    names = kind.__annotations__
    own = options if options.keys() <= names.keys() else {}
    kept = {name: hint for name, hint in names.items() if name not in own}
    return get_type_hints(type(kind.__name__, (), {"__annotations__": kept, "__module__": kind.__module__}))


def _refuse_unknown(form: Json, hints: Iterable[str], path: str) -> None:
    for name in form:
        if name not in hints:
            shown = f"{path}[{name}]" if path else name
            raise Invalid(f"Received unknown parameter: {shown}", "parameter_unknown", shown)


def _convert(hint: Any, value: Any, path: str) -> Any:
    kinds = list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]
    if isinstance(value, dict):
        return _object(kinds, value, path)
    if isinstance(value, list):
        return _list(kinds, value, path)
    return _scalar(kinds, str(value), path)


def _object(kinds: list[Any], value: Json, path: str) -> Json:
    for kind in kinds:
        if is_typeddict(kind):
            hints = hints_of(kind)
            _refuse_unknown(value, hints, path)
            return {name: _convert(hints[name], one, f"{path}[{name}]") for name, one in value.items()}
        if get_origin(kind) in (dict, UntypedStripeObject) or kind is dict:
            for name, one in value.items():
                if not isinstance(one, str):
                    raise Invalid(f"Invalid string: {path}[{name}]", param=f"{path}[{name}]")
            return dict(value)
    raise Invalid(f"Invalid value: {path} is not an object", param=path)


def _list(kinds: list[Any], value: list[Any], path: str) -> list[Any]:
    for kind in kinds:
        if get_origin(kind) is list:
            (inner,) = get_args(kind)
            return [_convert(inner, one, f"{path}[{place}]") for place, one in enumerate(value)]
    raise Invalid(f"Invalid value: {path} is not a list", param=path)


def _scalar(kinds: list[Any], value: str, path: str) -> Any:
    if bool in kinds and value in ("true", "false"):
        return value == "true"
    literals = [one for kind in kinds if get_origin(kind) is Literal for one in get_args(kind)]
    if value in literals:
        return value
    if int in kinds:
        return _integer(value, path)
    if float in kinds:
        return float(value)
    if literals and any(literals):
        named = ", ".join(str(one) for one in literals if one)
        raise Invalid(f"Invalid {path}: must be one of {named}", param=path)
    if str in kinds:
        return value
    raise Invalid(f"Invalid value: {path}", param=path)


def _integer(value: str, path: str) -> int:
    try:
        if value.strip() != value or "_" in value:
            raise ValueError
        return int(value)
    except ValueError:
        raise Invalid(f"Invalid integer: {value}", "parameter_invalid_integer", path) from None


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict):
        return
    if len(metadata) > METADATA_KEYS:
        raise Invalid(f"Metadata can have at most {METADATA_KEYS} keys.", param="metadata")
    for name, value in metadata.items():
        if len(name) > METADATA_KEY or len(value) > METADATA_VALUE:
            raise Invalid(
                f"Metadata keys have at most {METADATA_KEY} characters, values {METADATA_VALUE}.",
                param=f"metadata[{name}]",
            )
