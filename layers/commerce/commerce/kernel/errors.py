"""What the shop answers when it cannot do what was asked."""

from __future__ import annotations


class ShopError(Exception):
    """A refusal that the caller can understand and act on.

    Parameters
    ----------
    detail
        A sentence for the person who asked; it holds no internals.
    field
        The member of the request that is at fault, dotted, as in ``payment.phone``; None where none is.
    """

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class InvalidRequest(ShopError):
    """The request cannot be carried out as it stands; `field` names what to change."""


class KeyReused(InvalidRequest):
    """The Idempotency-Key was used before, for another request."""


class Conflict(ShopError):
    """The request is sound, but the shop's present state does not allow it."""


class NotFound(ShopError):
    """There is nothing here for this caller. The answer is the same whether it exists or not."""


class LookupMissed(NotFound):
    """No order has the number and the e-mail address that were named together: a slip, or a guess."""


class NotSignedIn(ShopError):
    """Nobody is known to have sent the request; it takes a token.

    Parameters
    ----------
    reason
        What was wrong with the token that was sent, for the stream of security events only: who sends forged tokens
        is not told. None where none was sent.
    """

    def __init__(self, detail: str, *, reason: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason


class NotPermitted(ShopError):
    """Who sent the request is known, and may not do this."""


class TooManyRequests(ShopError):
    """A limit is reached; it opens again after `retry_after` seconds.

    Parameters
    ----------
    reason
        Which kind of limit, for the shop's own records.
    """

    def __init__(self, detail: str, *, retry_after: int, reason: str | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.reason = reason


class Unavailable(ShopError):
    """What this needs does not work at present; it may again after `retry_after` seconds."""

    def __init__(self, detail: str, *, retry_after: int, field: str | None = None) -> None:
        super().__init__(detail, field=field)
        self.retry_after = retry_after


class StaleWrite(Exception):
    """Somebody else changed the record first. Read again and decide anew; nothing was written."""


class CommitBusy(Exception):
    """The commit met other transactions on every try. Nothing was written; the caller's retry may go through."""


class TablesBusy(TimeoutError):
    """The tables throttle: what is needed could not be read, or counted. The caller's retry may go through."""
