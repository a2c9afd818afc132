"""Lists as Stripe pages them, newest first, and `expand[]`."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sandbox.stripe.books import Books
from sandbox.stripe.charge_shape import charge_view, movement_view, refund_view
from sandbox.stripe.dispute_shape import dispute_view
from sandbox.stripe.errors import Invalid, Json
from sandbox.stripe.intent_shape import intent_view, method_view, seconds

DEEPEST = 4
LIMIT, MOST = 10, 100


class Listed(Protocol):
    """What can be listed."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def created(self) -> datetime:
        """When it was made."""


One = TypeVar("One", bound=Listed)


def page(found: Iterable[One], values: Json, url: str, view: Callable[[One], Json]) -> Json:
    """One page of `found` (oldest first) as the parameters ask: limit, starting_after, ending_before, created.

    Raises:
        Invalid: the limit is not 1 to 100, or a cursor names nothing in the list.
    """
    limit = values.get("limit", LIMIT)
    if not 1 <= limit <= MOST:
        raise Invalid(f"Limit must be between 1 and {MOST}.", "parameter_invalid_integer", "limit")
    kept = [one for one in found if _created(one, values.get("created"))]
    kept.reverse()
    ids = [one.id for one in kept]
    begin, end = 0, len(kept)
    if "starting_after" in values:
        begin = _place(ids, values["starting_after"], "starting_after") + 1
    more = False
    if "ending_before" in values:
        end = _place(ids, values["ending_before"], "ending_before")
        more = end - limit > begin
        begin = max(begin, end - limit)
    chosen = kept[begin : min(begin + limit, end)]
    return {
        "object": "list",
        "data": [view(one) for one in chosen],
        "has_more": more or begin + limit < end,
        "url": url,
    }


def _created(one: Listed, wanted: Any) -> bool:
    at = seconds(one.created)
    if isinstance(wanted, int):
        return at == wanted
    tests: dict[str, Callable[[int], bool]] = {
        "gt": lambda bound: at > bound,
        "gte": lambda bound: at >= bound,
        "lt": lambda bound: at < bound,
        "lte": lambda bound: at <= bound,
    }
    return all(tests[name](bound) for name, bound in (wanted or {}).items())


def _place(ids: list[str], wanted: str, param: str) -> int:
    if wanted not in ids:
        raise Invalid(f"No such object: '{wanted}'", "resource_missing", param)
    return ids.index(wanted)


def expand(books: Books, view: Json, paths: list[str]) -> Json:
    """Replace ids by the objects they name, e.g. `latest_charge.balance_transaction`, `data.charge`.

    Raises:
        Invalid: a path is too deep, or names what cannot be expanded.
    """
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise Invalid(f"You cannot expand more than {DEEPEST} levels of a property.", param="expand[]")
        _expand(books, view, parts, path)
    return view


def _expand(books: Books, view: Json, parts: list[str], path: str) -> None:
    name, rest = parts[0], parts[1:]
    if name == "refunds" and view.get("object") == "charge":
        view["refunds"] = _refunds(books, view["id"])
    if name not in view or isinstance(view[name], int):
        raise Invalid(f"This property cannot be expanded ({path}).", param="expand[]")
    if isinstance(view[name], str):
        found = _object(books, view[name])
        if found is None:
            raise Invalid(f"This property cannot be expanded ({path}).", param="expand[]")
        view[name] = found
    if not rest:
        return
    inner = view[name]
    for one in inner if isinstance(inner, list) else [inner]:
        if isinstance(one, dict):
            _expand(books, one, rest, path)


def _refunds(books: Books, charge: str) -> Json:
    found = reversed(books.refunds_of(books.charges[charge]))
    return page(found, {}, f"/v1/charges/{charge}/refunds", refund_view)


def _object(books: Books, wanted: str) -> Json | None:
    """The object with this id, whatever its kind."""
    if wanted in books.intents:
        return intent_view(books.intents[wanted])
    if wanted in books.charges:
        return charge_view(books.charges[wanted])
    if wanted in books.refunds:
        return refund_view(books.refunds[wanted])
    if wanted in books.disputes:
        return dispute_view(books, books.disputes[wanted])
    if wanted in books.movements:
        return movement_view(books.movements[wanted])
    if wanted in books.methods:
        return method_view(books.methods[wanted])
    return None
