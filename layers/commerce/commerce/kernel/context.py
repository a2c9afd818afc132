"""What a piece of work belongs to, carried beside it: the click it began with, and the request that asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

LONGEST_CORRELATION = 64


@dataclass(frozen=True, slots=True)
class Context:
    """What events and logs say of the work they tell of.

    Parameters
    ----------
    correlation_id
        The same from a buyer's click to the last e-mail that follows from it; None where nobody said.
    request
        Digest of who asked, under which Idempotency-Key, and for what; None where no key was sent. It is written into
        the event of what was done, so that a repeat finds it.
    """

    correlation_id: str | None = None
    request: str | None = None


_NONE = Context()
_current: ContextVar[Context] = ContextVar("commerce_context", default=_NONE)


def current() -> Context:
    """Return the context of the work at hand."""
    return _current.get()


@contextmanager
def working(context: Context) -> Iterator[None]:
    """Do what follows in another context."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Do what follows under a correlation id; None keeps the present one."""
    with working(replace(current(), correlation_id=correlation_id or current().correlation_id)):
        yield


def adopt(correlation_id: str | None) -> None:
    """Do the rest of the work at hand under this correlation id, where it has none yet.

    What a provider sends names nobody's click; the row that it is about does. It holds until the work's `working` or
    `correlated` ends; outside of these nothing is adopted, for it would never end.
    """
    known = current()
    if known is not _NONE and known.correlation_id is None and correlation_id is not None:
        _current.set(replace(known, correlation_id=correlation_id))


def readable_correlation(text: str | None) -> str | None:
    """Return a correlation id that a client sent, or None when it is none: it ends up in logs and events."""
    if text and len(text) <= LONGEST_CORRELATION and text.isascii() and text.replace("-", "").isalnum():
        return text
    return None
