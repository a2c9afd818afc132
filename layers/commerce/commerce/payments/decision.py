"""Deciding about a payment: read the order, decide, write; read again when somebody else's change came first."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from commerce.kernel.context import adopt
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.model import Attempt
from commerce.payments.store import Account


class Verdict(StrEnum):
    """What one look at an attempt came to. WAITING is for the buyer, who may never act: the sweep ends that."""

    FINAL = "final"
    PENDING = "pending"
    WAITING = "waiting"
    MISSING = "missing"


def decide(desk: PaymentDesk, number: str, attempt: int, decision: Callable[[Account, Attempt], Verdict]) -> Verdict:
    """Run a decision on an attempt as it stands, again on what others made of it when its write came too late.

    Returns
    -------
    Verdict
        The decision's own, or MISSING when there is no such attempt.

    Raises
    ------
    CommitBusy
        When others keep changing the order. Run again later.
    """
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None or attempt not in account.attempts:
            return Verdict.MISSING
        adopt(account.attempts[attempt].correlation_id)
        try:
            return decision(account, account.attempts[attempt])
        except StaleWrite:
            continue
    raise CommitBusy
