"""The two ways a call to Stripe can end without an answer; money depends on telling them apart."""

from __future__ import annotations


class NotSent(Exception):
    """Stripe certainly did not get the request. `code` says what stopped it, without secrets or personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoAnswer(Exception):
    """The request may have reached Stripe, and what became of it is unknown."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
