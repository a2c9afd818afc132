"""Buyers: they check out, send it again, pay, do not pay, pay late, try again, and want to give goods back."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from commerce.ordering.model import OrderStatus
from commerce.payments.store import Account
from tests.days.day import Day, Placed, chosen
from tests.support.shop import checkout_body

#: Chooses among what there is; small, so that stories shrink to the first of each.
PICK = st.integers(0, 3)
BUYERS = {"Wanjiku": "wanjiku@example.com", "Otieno": "otieno@example.com"}
PHONES = {"Wanjiku": "0712345678", "Otieno": "0712345679"}
BASKETS: dict[str, tuple[tuple[str, int], ...]] = {
    "1 ONE": (("ONE", 1),),
    "2 ONE": (("ONE", 2),),
    "3 TWO": (("TWO", 3),),
    "1 ONE and 1 TWO": (("ONE", 1), ("TWO", 1)),
}
METHODS = {"mpesa": "M-Pesa", "card": "card"}
BUYER, BASKET, METHOD = st.sampled_from(list(BUYERS)), st.sampled_from(list(BASKETS)), st.sampled_from(list(METHODS))
SENT = frozenset({OrderStatus.SHIPPED, OrderStatus.IN_TRANSIT, OrderStatus.DELIVERED})


def payable(account: Account) -> bool:
    """Whether an order waits for its payment."""
    return account.order.status is OrderStatus.PENDING_PAYMENT


def sent(account: Account) -> bool:
    """Whether anything of an order was sent."""
    return account.order.status in SENT


class Buyers(Day):
    """What buyers do in the shop itself."""

    @rule(
        buyer=BUYER, basket=BASKET, method=METHOD, code=st.sampled_from([None, None, "TENTH", "FREE", "FIRST", "WRONG"])
    )
    def check_out(self, buyer: str, basket: str, method: str, code: str | None) -> None:
        self.buy(buyer, basket, method, code)

    @precondition(lambda self: self.credit_codes())
    @rule(pick=PICK, buyer=BUYER, basket=BASKET, method=METHOD)
    def check_out_with_credit(self, pick: int, buyer: str, basket: str, method: str) -> None:
        self.buy(buyer, basket, method, None, credit=chosen(pick, self.credit_codes()))

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, changed=st.booleans())
    def send_it_again(self, pick: int, changed: bool) -> None:
        """The same key: the same answer. The same key with another body: refused."""
        placed = chosen(pick, self.orders)
        body = placed.body | ({"items": [{"sku": "TWO", "quantity": 4}]} if changed else {})
        answer = self.insist("POST", "/checkout", body, idempotency_key=placed.key)
        how = "another basket with the key" if changed else "the checkout"
        self.answered(f"{placed.buyer} sends {how} of {placed.name} again", answer)
        if changed:
            assert answer[0] == 422 or self.rough, answer
        elif answer[0] == 200 and placed.answer["payment"]["status"] != "unknown":
            assert answer[1] == placed.answer, "a replay answers what the first answer was"

    @precondition(lambda self: self.any_fits(payable))
    @rule(pick=PICK, method=METHOD)
    def pay_another_way(self, pick: int, method: str) -> None:
        placed = self.pick(pick, payable)
        key = f"again {len(self.story)}"
        body = {"email": placed.email, "payment": payment_of(placed.buyer, method)}
        answer = self.insist("POST", f"/orders/{placed.number}/payments", body, idempotency_key=key)
        self.answered(f"{placed.buyer} tries to pay {placed.name} again, by {METHODS[method]}", answer)
        if answer[0] == 201:
            again = self.insist("POST", f"/orders/{placed.number}/payments", body, idempotency_key=key)
            assert again == (200, answer[1]) or self.rough, "a replay answers what the first answer was"

    @precondition(lambda self: self.any_fits(sent))
    @rule(pick=PICK, resolution=st.sampled_from(["refund", "credit"]))
    def ask_for_a_return(self, pick: int, resolution: str) -> None:
        placed = self.pick(pick, sent)
        sku = self.account(placed).order.terms.lines[0].sku
        body = {
            "email": placed.email,
            "items": [{"sku": sku, "quantity": 1}],
            "reason": "damaged",
            "resolution": resolution,
        }
        key = f"return {len(self.story)}"
        answer = self.insist("POST", f"/orders/{placed.number}/returns", body, idempotency_key=key)
        self.answered(f"{placed.buyer} wants to give 1 {sku} of {placed.name} back, for {resolution}", answer)

    @precondition(lambda self: self.any_fits(sent))
    @rule(pick=PICK)
    def write_a_review(self, pick: int) -> None:
        placed = self.pick(pick, sent)
        slug = self.account(placed).order.terms.lines[0].sku.lower()
        said = {"rating": 4, "title": "Good", "text": "Does what it says.", "author": placed.buyer}
        body = {"order_number": placed.number, "email": placed.email, **said}
        answer = self.insist("POST", f"/products/{slug}/reviews", body)
        self.answered(f"{placed.buyer} writes a review of {slug} of {placed.name}", answer)

    def buy(
        self, buyer: str, basket: str, method: str, code: str | None = None, credit: str | None = None
    ) -> Placed | None:
        """Check out with a new key; return the order where it was not refused."""
        key = f"checkout {len(self.story)}"
        more = {"voucher": code} if code else {}
        more |= {"credit": credit} if credit else {}
        person = {"name": buyer, "email": BUYERS[buyer], "phone": PHONES[buyer]}
        body = checkout_body(*BASKETS[basket], customer=person, payment=payment_of(buyer, method), **more)
        status, answer = self.insist("POST", "/checkout", body, idempotency_key=key)
        line = f"{buyer} checks out {basket} by {METHODS[method]}"
        line += f" with the voucher {code}" if code else " with store credit" if credit else ""
        if status not in (200, 201):
            self.answered(line, (status, answer))
            return None
        placed = Placed(len(self.orders) + 1, answer["order"]["number"], buyer, BUYERS[buyer], key, body, answer)
        self.orders.append(placed)
        self.tell(f"{line}: {placed.name}")
        return placed

    def credit_codes(self) -> list[str]:
        """Return the codes of store credit that were given, in the order of the orders they were given for."""
        refunds = [refund for placed in self.orders for refund in self.account(placed).refunds.values()]
        return [refund.credit_code for refund in refunds if refund.credit_code]


def payment_of(buyer: str, method: str) -> dict[str, Any]:
    """Make the part of a request that says how to pay."""
    return {"method": method, **({"phone": PHONES[buyer]} if method == "mpesa" else {})}
