"""Vouchers and store credit for tests."""

from __future__ import annotations

import json
from typing import Any

from commerce.audit.store import EventLog
from commerce.kernel.clock import Clock
from commerce.kernel.money import Currency, Money
from commerce.kernel.tables import Database
from commerce.promotions.credit_code import credit_code, credit_id
from commerce.promotions.credit_store import CreditRow, credit_key
from commerce.promotions.model import Voucher
from commerce.promotions.publish_voucher import publish_voucher

#: What kinds of voucher promise, where a test does not care.
_PROMISES: dict[str, dict[str, Any]] = {
    "percent": {"percent": 10},
    "fixed": {"amounts": {"KES": 50_000, "USD": 500}},
    "free_shipping": {},
}


def voucher(code: str = "KARIBU10", kind: str = "percent", **more: Any) -> Voucher:
    """Make a voucher: 10 %, KES 500 or free delivery for everybody, unless `more` says otherwise."""
    stated = {"code": code, "kind": kind, "description": f"What {code} does", **_PROMISES[kind], **more}
    return Voucher.model_validate_json(json.dumps(stated))


def publish(database: Database, clock: Clock, promised: Voucher) -> int:
    """Publish a voucher."""
    return publish_voucher(
        database, clock, promised, by="staff-1", reason="A test wants it", record=EventLog(database).record
    )


def give_credit(database: Database, amount: int, *, currency: str = "KES", of: str = "first") -> str:
    """Open a credit as one that was issued earlier; return its code."""
    code = credit_code(of.encode().ljust(13, b"."))
    money = Money(amount, Currency(currency))
    rows = database.bind(CreditRow, "vouchers")
    rows(
        *credit_key(credit_id(code)),
        currency=money.currency.value,
        issued=money.amount,
        balance=money.amount,
        spent=0,
        origin=of,
    ).save()
    return code
