"""Several things wrong with one body at once, and bodies that no provider ever sent."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.port import Paid, PaymentRecord, Prompted, RefundAccepted, RefundDone, RefundImpossible, Refused
from tests.contract.daraja.readings import readings as darajas
from tests.contract.mutations import mutants, write
from tests.contract.readings import Reading, Wrong
from tests.contract.stripe.readings import readings as stripes
from tests.support.tally import Tally

READINGS = [*darajas(), *stripes()]
CERTAIN = (Paid, Refused, Prompted, RefundDone, RefundImpossible, RefundAccepted, PaymentRecord)


def spoil(reading: Reading, dice: Random, times: int) -> tuple[list[Wrong], bytes]:
    """Do to a sample several things at once, each to what the one before made of it."""
    node, wrongs = reading.sample, list[Wrong]()
    for _ in range(times):
        # Repeated text doubles what is repeated again; a few of those are enough of them.
        if len(write(node)) > 20_000:
            break
        one = dice.choice(list(mutants(node)))
        node = one.node
        wrongs.append((one.kind, one.names, one.planted))
    return wrongs, write(node).encode()


@pytest.mark.parametrize("number", range(8))
def test_several_things_wrong_come_to_the_same_or_to_less(
    number: int, thorough: bool, dice: Random, tally: Tally
) -> None:
    times = 1_000 if thorough else 25
    found = []
    for _ in range(times):
        reading = dice.choice(READINGS)
        wrongs, body = spoil(reading, dice, dice.randint(2, 4))
        complaint = reading.complaint(wrongs, body)
        if complaint is not None:
            found.append((reading.name, wrongs, complaint))
    assert found == []
    tally.add("bodies with several things wrong", times)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
MEMBERS = st.sampled_from(
    ["status", "amount", "id", "metadata", "data", "object", "error", "type", "Result", "ResultCode", "ResponseCode",
     "Body", "stkCallback", "ConversationID", "CheckoutRequestID", "ResultParameters", "fault", "errorCode", "Value"]
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=12,
)
#: Where the status alone refuses, no body can change that.
ANSWERED = [one for one in READINGS if not isinstance(one.before, Refused | RefundImpossible)]


@given(ANYTHING, st.integers(0, len(ANSWERED) - 1))
def test_what_no_provider_ever_sent_proves_nothing(value: Any, which: int) -> None:
    """No money came, none went back, and nothing is over, unless a body says it in all the members it takes."""
    reading = ANSWERED[which]
    text = json.dumps(value)
    after = reading.read(text.encode())
    if isinstance(after, CERTAIN):
        needed = {names[-1] for names in reading.needed} - {"Value"}
        assert needed
        assert all(f'"{name}"' in text for name in needed)
