"""What a body with something wrong in it may come to: the same as before, or less. Never more, never the opposite.

Money is paid, refused, given back or never to be given back only where the body says so beyond doubt. Of anything
else it is pending, doubtful or unknown, and the shop asks again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from commerce.payments.port import (
    Doubtful,
    OutcomeUnknown,
    Paid,
    PaymentClaim,
    PaymentRecord,
    Pending,
    Prompted,
    References,
    RefundAccepted,
    RefundDone,
    RefundEntry,
    RefundImpossible,
    RefundUnknown,
    Refused,
    Statement,
)
from commerce.payments.providers.daraja.token import Grant
from commerce.payments.providers.stripe.events import ChargeNews, Dropped, PaymentNews, Unreadable


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing could be read, or had: no claim, no record, no token, no books."""


#: What each outcome may turn into besides itself. Sideways is never: Paid is never Refused, Done never Impossible.
LESS: dict[type, tuple[type, ...]] = {
    Paid: (Pending, Doubtful),
    Refused: (Pending, Doubtful, OutcomeUnknown),
    Pending: (Doubtful,),
    Doubtful: (Pending,),
    Prompted: (OutcomeUnknown,),
    OutcomeUnknown: (),
    RefundDone: (RefundAccepted, RefundUnknown),
    RefundImpossible: (RefundAccepted, RefundUnknown),
    RefundAccepted: (RefundUnknown,),
    RefundUnknown: (),
    PaymentClaim: (Nothing,),
    PaymentRecord: (Nothing,),
    Statement: (Nothing,),
    Grant: (Nothing,),
    PaymentNews: (Dropped, Unreadable),
    ChargeNews: (Dropped, Unreadable),
    Dropped: (Unreadable,),
    Unreadable: (Dropped,),
    Nothing: (),
}
#: Words for the log, and how a question is counted; they decide nothing.
WORDS = frozenset({"detail", "why", "failed", "retry_after_seconds", "reason"})
#: Where less is known, an entry of the books is less far: its end is told only by a state that is known to be one.
_EARLIER = {"state": "pending", "status": "open"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a mutant may have put into an outcome.

    Parameters
    ----------
    planted
        The JSON texts that stand where something else was.
    texts
        What the sample itself says under another member, that may step in for one that is gone.
    """

    planted: Collection[str] = ()
    texts: frozenset[object] = field(default_factory=frozenset)

    def allows(self, value: object) -> bool:
        plain = isinstance(value, str | int) and not isinstance(value, bool)
        return plain and (value in self.texts or any(value in _meanings(one) for one in self.planted))


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LARGEST = Decimal(10) ** 18


def _meanings(written: str) -> set[object]:
    """Return what a planted JSON text may be taken for: its text, its number, its cents."""
    try:
        value = json.loads(written, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return set()
    if isinstance(value, bool):
        return {written}
    if not isinstance(value, str):
        return set()
    text = value.strip().encode("utf-8", "replace").decode()
    found: set[object] = {text}
    if _NUMBER.fullmatch(text):
        number = Decimal(text)
        found.add(str(number))
        if abs(number) < _LARGEST:
            found |= {int(number), str(int(number)), *([int(number * 100)] if number * 100 % 1 == 0 else [])}
    tidy = {re.sub(r"[^A-Za-z0-9._-]", "", str(one)) for one in found}
    return (found | tidy | {one[:40] for one in tidy} | {one[:60] for one in tidy}) - {""}


def worse(before: Any, after: Any, said: Said) -> str | None:
    """Return what is wrong with an outcome, given what the sample itself comes to; None on the safe side."""
    if isinstance(after, PaymentRecord) and after.amount <= 0:
        return f"a record of {after.amount} cents"
    if after == before or type(after) in LESS[type(before)]:
        return None
    if type(after) is not type(before):
        return f"{type(before).__name__} became {type(after).__name__}"
    return _worse_inside(before, after, said)


def _worse_inside(before: Any, after: Any, said: Said) -> str | None:
    for one in fields(before):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if one.name in WORDS or new == old or new is None or new == "" or said.allows(new):
            continue
        wrong: str | None = f"{one.name} {old!r} became {new!r}"
        if isinstance(old, References):
            wrong = _worse_inside(old, new, said)
        elif isinstance(old, bool):
            wrong = wrong if new else None
        elif isinstance(old, frozenset):
            wrong = None if all(name in old or said.allows(name) for name in new) else wrong
        elif isinstance(old, dict):
            wrong = (
                None if old.keys() == new.keys() and all(map(said.allows, {*new.values()} - {*old.values()})) else wrong
            )
        elif isinstance(old, tuple):
            wrong = _worse_entries(old, new, said)
        elif hasattr(old, "__dataclass_fields__"):
            wrong = _worse_inside(old, new, said)
        elif new == _EARLIER.get(one.name):
            wrong = None
        if wrong is not None:
            return wrong
    return None


def _worse_entries(old: tuple[RefundEntry, ...], new: tuple[RefundEntry, ...], said: Said) -> str | None:
    wrongs = [[_worse_inside(one, entry, said) for one in old] for entry in new]
    return next((found[0] for found in wrongs if None not in found), None) if old else f"entries {new!r} came to be"
