"""The two ways a call to Daraja can end without an answer; money depends on telling them apart."""

from __future__ import annotations


class NotSent(Exception):
    """Daraja certainly did not get the request, or certainly did not act on it.

    Parameters
    ----------
    code
        What stopped it, for the record; no secret, no personal data.
    reason
        The port's stable reason.
    """

    def __init__(self, code: str, reason: str = "provider_unavailable") -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class TokenUnavailable(NotSent):
    """No OAuth token could be had, so the request itself was never made."""


class NoAnswer(Exception):
    """The request may have reached Daraja, and what became of it is unknown."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
