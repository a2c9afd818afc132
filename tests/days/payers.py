"""Phones that ring, cards that are charged, banks that doubt; and callbacks: true, forged, doubled and stale ones."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from commerce.payments.port import DisputeEntry
from tests.days.buyers import PICK
from tests.days.day import Day, Placed, chosen
from tests.support.card import Intent, intent_id
from tests.support.cloud.outside import API, stk_callback
from tests.support.mpesa import Prompt

SOON = timedelta(seconds=2)
#: After this the provider's own record of a payment was asked for, and read.
A_RECORD = timedelta(seconds=90)


class Payers(Day):
    """What happens at the providers, and what they, or others in their name, tell the shop."""

    @precondition(lambda self: self.open_prompts())
    @rule(pick=PICK)
    def pay_by_phone(self, pick: int) -> None:
        """The PIN is typed: at once, or long after; at times after the prompt seemed to have failed."""
        prompt = chosen(pick, self.open_prompts())
        self.mpesa.pay(prompt.order_number, prompt.attempt)
        self._post(prompt, stk_callback(prompt))
        self.tell(f"{self.payment(prompt)} is paid by phone")

    @precondition(lambda self: any(one.failure is None for one in self.open_prompts()))
    @rule(pick=PICK, why=st.sampled_from(["1032", "1037", "1"]))
    def do_not_pay(self, pick: int, why: str) -> None:
        prompt = chosen(pick, [one for one in self.open_prompts() if one.failure is None])
        self.mpesa.fail(prompt.order_number, prompt.attempt, code=why)
        self._post(prompt, stk_callback(prompt))
        words = {"1032": "is cancelled", "1037": "rings out", "1": "fails for want of money"}
        self.tell(f"the prompt of {self.payment(prompt)} {words[why]}")

    @precondition(lambda self: self.open_prompts() and not self.cloud.down and not self.weather.losses)
    @rule(pick=PICK, more=st.booleans())
    def pay_another_amount(self, pick: int, more: bool) -> None:
        """M-Pesa books another amount than was asked for. Only its callback says so, which therefore arrives."""
        prompt = chosen(pick, self.open_prompts())
        change = 10_000 if more else -10_000
        if prompt.amount + change <= 0:
            return
        with self.cloud.faults_off():
            self.mpesa.pay(prompt.order_number, prompt.attempt, amount=prompt.amount + change)
            self._post(prompt, stk_callback(prompt))
            self.cloud.run(A_RECORD)
        self.tell(f"KES 100 {'more' if more else 'less'} than asked for are paid for {self.payment(prompt)}")

    @precondition(lambda self: self.mpesa.prompts)
    @rule(pick=PICK, kind=st.sampled_from(["the truth again", "forged success", "a failure", "nonsense"]))
    def callback(self, pick: int, kind: str) -> None:
        """Somebody who knows the address posts: the provider again, or not the provider."""
        prompt = chosen(pick, self.mpesa.prompts.values())
        body: Any = stk_callback(prompt)
        if kind == "forged success":
            forged = Prompt(prompt.order_number, prompt.attempt, prompt.amount, prompt.references, prompt.amount)
            body = stk_callback(forged)
        elif kind == "a failure":
            body["Body"]["stkCallback"] |= {"ResultCode": 1037}
            body["Body"]["stkCallback"].pop("CallbackMetadata", None)
        elif kind == "nonsense":
            body = {"Body": {"stkCallback": {"ResultCode": "?"}}}
        self._post(prompt, body)
        self.tell(f"a callback about {self.payment(prompt)} comes: {kind}")

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, which=st.sampled_from(["stk", "stripe"]))
    def forge_without_a_secret(self, pick: int, which: str) -> None:
        placed = chosen(pick, self.orders)
        if which == "stk":
            answer = self.insist("POST", "/hooks/stk/guessed", {"Body": {}})
        else:
            about = {"metadata": {"order_number": placed.number, "attempt": "1"}, "id": intent_id(f"{placed.number}-1")}
            event = {"id": "evt_x", "type": "payment_intent.succeeded", "data": {"object": about}}
            answer = self.insist("POST", "/hooks/stripe", json.dumps(event), stripe_signature="t=1,v1=00")
        self.answered(f"somebody forges a webhook of {which} about {placed.name}", answer)
        assert answer[0] >= 400, answer

    @precondition(lambda self: self.forms())
    @rule(pick=PICK, bank=st.sampled_from(["agrees", "thinks it over"]))
    def pay_by_card(self, pick: int, bank: str) -> None:
        intent = chosen(pick, self.forms())
        if bank == "agrees":
            self.shop.card.pay(intent.request.name)
        else:
            intent.status = "processing"
        self.tell(f"the card form of {self.payment(intent.request)} is filled in, and the bank {bank}")

    @precondition(lambda self: any(one.status == "processing" for one in self.shop.card.intents.values()))
    @rule(agrees=st.booleans())
    def bank_has_thought(self, agrees: bool) -> None:
        intent = next(one for one in self.shop.card.intents.values() if one.status == "processing")
        if agrees:
            self.shop.card.pay(intent.request.name)
        else:
            intent.status = "canceled"
        self.tell(f"the bank {'agrees to' if agrees else 'refuses'} {self.payment(intent.request)}")

    @precondition(lambda self: self.charged())
    @rule(pick=PICK)
    def refund_in_the_providers_pages(self, pick: int) -> None:
        intent = chosen(pick, self.charged())
        made = self.shop.card.refunds.get(intent.charge, [])
        if intent.captured - sum(entry.amount for entry in made if entry.state != "failed") < 5_000:
            return
        self.shop.card.give_back_outside(intent.charge, 5_000)
        self.tell(f"somebody refunds KES 50 of {self.payment(intent.request)} in the provider's own pages")

    @precondition(lambda self: self.undisputed())
    @rule(pick=PICK)
    def dispute(self, pick: int) -> None:
        intent = chosen(pick, self.undisputed())
        disputes = self.shop.card.disputes
        disputes[intent.charge] = DisputeEntry(f"dp_{len(disputes)}", "open", intent.captured, "fraudulent")
        self.tell(f"a bank disputes {self.payment(intent.request)}")

    @precondition(lambda self: self.disputed())
    @rule(pick=PICK, ends=st.sampled_from(["won", "lost"]))
    def dispute_ends(self, pick: int, ends: Any) -> None:
        intent = chosen(pick, self.disputed())
        opened = self.shop.card.disputes[intent.charge]
        self.shop.card.disputes[intent.charge] = DisputeEntry(opened.id, ends, opened.amount, opened.reason)
        self.tell(f"the dispute of {self.payment(intent.request)} is {ends}")

    def open_prompts(self) -> list[Prompt]:
        """Return the prompts that were not paid, of orders that their buyers know of."""
        known = {one.number for one in self.orders}
        prompts = [one for one in self.mpesa.prompts.values() if one.captured is None and one.order_number in known]
        return sorted(prompts, key=lambda one: (self._place(one.order_number), one.attempt))

    def forms(self) -> list[Intent]:
        """Return the card forms that wait."""
        return [one for one in self.shop.card.intents.values() if one.status == "waiting"]

    def charged(self) -> list[Intent]:
        """Return the cards that were charged."""
        return [one for one in self.shop.card.intents.values() if one.status == "succeeded"]

    def undisputed(self) -> list[Intent]:
        """Return the charges that no bank disputed."""
        return [one for one in self.charged() if one.charge not in self.shop.card.disputes]

    def disputed(self) -> list[Intent]:
        """Return the charges whose dispute is open."""
        disputes = self.shop.card.disputes
        return [one for one in self.charged() if one.charge in disputes and disputes[one.charge].status == "open"]

    def payment(self, of: Any) -> str:
        """Name an attempt by its order's place in the story."""
        place = self._place(of.order_number)
        return f"order {place or '?'}" + (f", attempt {of.attempt}" if of.attempt > 1 else "")

    def _place(self, number: str) -> int:
        return next((one.place for one in self.orders if one.number == number), 0)

    def _post(self, prompt: Prompt, body: Any) -> None:
        names = (prompt.order_number, prompt.attempt)
        started = next(one for one in self.mpesa.started if (one.order_number, one.attempt) == names)
        path = started.callback_url.removeprefix(API)
        self.cloud.later("stk", SOON, lambda: self.cloud.request("POST", path, body))

    def settle_a_payment(self, placed: Placed) -> None:
        """Let an order be paid by whatever its first attempt asks for, and the shop learn of it."""
        prompt = self.mpesa.prompts.get((placed.number, 1))
        intent = self.shop.card.intents.get(f"{placed.number}-1")
        if prompt is not None:
            self.mpesa.pay(placed.number)
            self._post(prompt, stk_callback(prompt))
        elif intent is not None:
            self.shop.card.pay(intent.request.name)
        self.cloud.run(timedelta(minutes=1))
        self.tell(f"{placed.name} is paid for")
