"""Time that passes, and what goes wrong with calls, messages and providers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.days.day import PACE, Day
from tests.days.weather import WORDS, Omen
from tests.support.cloud.cloud import WALK
from tests.support.cloud.faults import Mishap, Trouble

SPANS = {
    "30 seconds": timedelta(seconds=30),
    "3 minutes": timedelta(minutes=3),
    "20 minutes": timedelta(minutes=20),
    "2 hours": timedelta(hours=2),
    "3 days": timedelta(days=3),
}
FUNCTIONS = [
    "verify_payment", "start_checkout", "refund_payment", "relay_events", "expire_reservations", "notify_customer",
    "project_orders", "archive_events", "heal_failures", "track_shipment", "retry_payment", "request_return",
    "serve_staff", "receive_stk_callback", "receive_stripe_event", "receive_daraja_result", "receive_carrier_event",
]  # fmt: skip
MESSAGES = [
    "VerifyQueue", "RefundQueue", "NotifyQueue", "BoardQueue", "CarrierQueue",
    "stk", "stripe event", "refund result", "record",
]  # fmt: skip


class Nature(Day):
    """What nobody does."""

    @rule(span=st.sampled_from(list(SPANS)))
    def time_passes(self, span: str) -> None:
        if SPANS[span] > timedelta(days=1):
            self.cloud.every = dict.fromkeys(PACE, WALK)
        self.cloud.run(SPANS[span])
        self.cloud.every = dict(PACE)
        self.tell(f"{span} pass")

    @precondition(lambda self: len(self.weather.omens) < 2)
    @rule(function=st.sampled_from(FUNCTIONS), trouble=st.sampled_from(list(Trouble)), passing=st.integers(0, 9))
    def trouble_comes(self, function: str, trouble: Trouble, passing: int) -> None:
        self.weather.omens.append(Omen(function, trouble, passing))
        which = f"call {passing + 1} from now" if passing else "the next call"
        self.tell(f"{which} of {function}: something {WORDS[trouble]}")

    @precondition(lambda self: len(self.weather.losses) < 2)
    @rule(name=st.sampled_from(MESSAGES), mishap=st.sampled_from(list(Mishap)))
    def mishap_comes(self, name: str, mishap: Mishap) -> None:
        self.weather.losses[name] = mishap
        self.tell(f"the next message of {name} will be {mishap}")

    @precondition(lambda self: not self.cloud.down)
    @rule(provider=st.sampled_from(["daraja", "stripe"]))
    def provider_goes_down(self, provider: str) -> None:
        self.cloud.down.add(provider)
        self.rough = True
        self.tell(f"{provider} is down")

    @precondition(lambda self: self.cloud.down)
    @rule()
    def provider_comes_back(self) -> None:
        self.tell(f"{self.cloud.down.pop()} is back")

    @rule(state=st.sampled_from(["pending", "failed", "succeeded"]))
    def cards_are_refunded_differently(self, state: Any) -> None:
        self.shop.card.refund_state = state
        self.tell(f"from now on refunds to cards are {state}")

    @rule()
    def the_float_changes(self) -> None:
        self.mpesa.no_float = not self.mpesa.no_float
        self.tell("M-Pesa's account has no float" if self.mpesa.no_float else "M-Pesa's account has float again")
