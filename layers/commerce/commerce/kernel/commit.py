"""The commit: every change of one decision, written together or not at all (promises 1 to 5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from commerce.kernel.errors import CommitBusy
from commerce.kernel.ids import request_token
from commerce.kernel.tables import Database, answered_code

#: Cancellation codes after which the very same transaction may be sent again: nothing was decided.
TRANSIENT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
#: Whole-request errors of the same kind.
TRANSIENT_REQUEST = frozenset(
    {"ThrottlingException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
     "RequestLimitExceeded", "InternalServerError"}
)  # fmt: skip
#: So many that a SKU of 96 buckets bears 1,000 orders a second (docs/performance.md).
TRIES = 8


def tries(pause: Callable[[float], None]) -> Retrying:
    """Return how often, and after which pauses in seconds, what met a conflict is sent again."""
    return Retrying(
        retry=retry_if_exception_type(CommitBusy),
        stop=stop_after_attempt(TRIES),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        sleep=pause,
        reraise=True,
    )


class Otherwise(Protocol):
    """Makes the error that a failed condition means, from the stored item (None where there is none)."""

    def __call__(self, stored: Any, /) -> Exception:
        """Return the error to raise."""
        ...


@dataclass(frozen=True, slots=True)
class _Write:
    kind: str
    item: Model
    condition: Condition
    otherwise: Otherwise
    actions: tuple[Action, ...] = ()


class Commit:
    """Collects conditional writes of several areas and sends them as one TransactWriteItems.

    Each area adds its own writes, and says with `otherwise` what it means when its condition does not hold. Where
    several conditions fail at once, the write that was added first speaks: add the order before its stock. One that
    met a conflict has not spoken yet: the commit is sent again until it does.

    A commit that changes something without recording an event refuses to be sent (promise 5).
    """

    #: DynamoDB answers cancellation reasons in the order PynamoDB sends the writes: by kind, then as added.
    _SENT_ORDER = ("put", "update")

    def __init__(self, database: Database, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._database = database
        self._pause = pause
        self._writes: list[_Write] = []
        self._recorded = False

    def put(self, item: Model, *, when: Condition, otherwise: Otherwise) -> None:
        """Write a whole item when the condition holds for what is stored under its key."""
        self._writes.append(_Write("put", item, when, otherwise))

    def update(self, item: Model, *, actions: list[Action], when: Condition, otherwise: Otherwise) -> None:
        """Change attributes of the item with this one's key when the condition holds."""
        self._writes.append(_Write("update", item, when, otherwise, tuple(actions)))

    def record(self, event: Model, *, when: Condition, otherwise: Otherwise) -> None:
        """Append the event that tells of this change; the audit area calls it."""
        self._writes.append(_Write("put", event, when, otherwise))
        self._recorded = True

    def send(self) -> None:
        """Write everything, or nothing.

        A conflict with another transaction, or throttling, is tried again with jitter; a failed condition never is.

        Raises
        ------
        RuntimeError
            When no event was recorded.
        CommitBusy
            When conflicts outlast the tries. Nothing was written.
        Exception
            What the first failed write's `otherwise` makes of it. Nothing was written.
        pynamodb.exceptions.TransactWriteError
            When DynamoDB cannot be reached or answers something else; whether it was written is then unknown, and
            the caller must read again.
        """
        if not self._recorded:
            raise RuntimeError("a commit without an event is not sent")
        token = request_token()
        for attempt in tries(self._pause):
            with attempt:
                self._send_once(token)

    def _send_once(self, token: str) -> None:
        # One token for every try: should a try be written and its answer lost, the next one is told so.
        transaction = TransactWrite(connection=self._database.connection, client_request_token=token)
        for write in self._writes:
            if write.kind == "put":
                transaction.save(write.item, condition=write.condition, return_values="ALL_OLD")
            else:
                transaction.update(
                    write.item, actions=list(write.actions), condition=write.condition, return_values="ALL_OLD"
                )
        try:
            transaction._commit()
        except TransactWriteError as error:
            raise self._meaning_of(error) from error

    def _meaning_of(self, error: TransactWriteError) -> Exception:
        code = answered_code(error)
        if code != "TransactionCanceledException":
            return CommitBusy() if code in TRANSIENT_REQUEST else error
        sent = [write for kind in self._SENT_ORDER for write in self._writes if write.kind == kind]
        reasons = {id(write): reason for write, reason in zip(sent, error.cancellation_reasons, strict=True) if reason}
        for write in self._writes:
            reason = reasons.get(id(write))
            if reason is None:
                continue
            if reason.code == "ConditionalCheckFailed":
                stored = type(write.item).from_raw_data(reason.raw_item) if reason.raw_item else None
                return write.otherwise(stored)
            # A conflict on this write leaves open what it would say, so no later write may speak for it: a replay
            # whose first try is just being applied would else be told that its own hold emptied the shelf.
            return CommitBusy() if reason.code in TRANSIENT else error
        return error
