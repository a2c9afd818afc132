"""What staff do once for one Idempotency-Key: a repeat is found by what the first request left in the trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response

from commerce.audit.store import EventLog
from commerce.kernel.context import current
from commerce.kernel.errors import Conflict
from commerce.runtime.idempotency import owned_key, read_key

T = TypeVar("T")

#: What the document says of a key that is no choice.
REQUIRED = "Required: a new random value for each thing to be done once."
#: The header that tells a repeat's answer from the first.
REPLAYED = "Idempotent-Replayed"


class Performance:
    """Carries a change out once for the request's Idempotency-Key.

    Parameters
    ----------
    key
        What the header's text comes to for this caller, for use cases that keep it in a row: nobody else's request
        finds it. Empty where none was sent, and then a change is simply made.
    """

    def __init__(self, log: EventLog, response: Response, key: str) -> None:
        self.key = key
        self._log = log
        self._response = response

    def __call__(self, subject: str, act: Callable[[], T]) -> T | None:
        """Do `act`, unless this very request was carried out before.

        The mark of a request is written by the commit that carries it out, into the event of `subject` (promise 5), so
        it is there exactly when the change is. Two at once both find nothing here: the slower one finds the mark when
        it records its event, or is refused for what the faster changed, and then finds it.

        Returns
        -------
        T or None
            What `act` returned; None where it was not done again.

        Raises
        ------
        KeyReused
            When the key was used for another request about the same subject.
        ShopError
            Whatever `act` refuses.
        """
        mark = current().request
        if mark is None:
            return act()
        if not self._log.request_done(subject, mark):
            try:
                return act()
            except Conflict:
                if not self._log.request_done(subject, mark):
                    raise
        self._response.headers[REPLAYED] = "true"
        return None


async def _required(
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description=REQUIRED),
    ] = None,
) -> str:
    return read_key(key)


async def _optional(
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="A new random value for each change; its repeat changes nothing."),
    ] = None,
) -> str | None:
    return None if key is None else read_key(key)


async def _keyed(request: Request, response: Response, key: Annotated[str, Depends(_required)]) -> Performance:
    return Performance(request.state.dependencies.log, response, _owned(request, key))


async def _if_keyed(
    request: Request, response: Response, key: Annotated[str | None, Depends(_optional)]
) -> Performance:
    return Performance(request.state.dependencies.log, response, _owned(request, key) if key else "")


def _owned(request: Request, key: str) -> str:
    return owned_key(request.state.caller.subject, key)


#: Carries a change out once; the request needs an Idempotency-Key.
Once = Annotated[Performance, Depends(_keyed)]
#: The same for changes that are harmless to repeat: without a key they are simply made.
OnceIfKeyed = Annotated[Performance, Depends(_if_keyed)]
