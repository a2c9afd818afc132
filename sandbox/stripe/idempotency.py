"""Idempotency-Key as Stripe documents it.

The first answer is kept once the work began, errors and all, and given again for the same key; nothing is kept of a
request whose parameters were wrong, that met one still running, or that was turned away (401, 429).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.stripe.errors import Invalid, Json, StripeRefusal

LONGEST = 255


@dataclass
class Kept:
    """One key: what it was first used for, and what was answered. `status` None: still running."""

    path: str
    form: Json
    request_id: str
    at: datetime
    status: int | None = None
    body: Json | None = None


class Keys:
    """The keys of one account."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def look(self, key: str, path: str, form: Json, now: datetime, life: timedelta) -> Kept | None:
        """The kept answer to be given again, or None when the key is new.

        Raises:
            StripeRefusal: used for something else (400 idempotency_error), or still running (409).
            Invalid: the key is too long.
        """
        if len(key) > LONGEST:
            raise Invalid(f"Idempotency keys can have at most {LONGEST} characters.", "idempotency_key_too_long")
        kept = self._kept.get(key)
        if kept is None or (kept.status is not None and kept.at + life <= now):
            self._kept.pop(key, None)
            return None
        if kept.path != path:
            raise StripeRefusal(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{path}' vs '{kept.path}').",
            )
        if kept.form != form:
            raise StripeRefusal(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
            )
        if kept.status is None:
            raise StripeRefusal(
                409,
                "idempotency_error",
                f"There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}.",
                code="idempotency_key_in_use",
            )
        return kept

    def begin(self, key: str, path: str, form: Json, request_id: str, now: datetime) -> Kept:
        """The work begins: another request with the key is refused until `finish` or `forget`."""
        kept = self._kept[key] = Kept(path, form, request_id, now)
        return kept

    def finish(self, kept: Kept, status: int, body: Json) -> None:
        """Keep the answer."""
        kept.status, kept.body = status, body

    def forget(self, key: str) -> None:
        """Nothing began after all: the key is free again."""
        self._kept.pop(key, None)
