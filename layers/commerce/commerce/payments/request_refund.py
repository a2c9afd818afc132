"""Open refunds: how much can still be given back of an order, which way it goes, and the writes that set it going.

Money goes back the way it came, up to what was captured, or becomes new store credit; store credit that paid goes back
to its own code. Whoever decides it (staff, a return, a cancellation) adds these writes to the decision's commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Literal

from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, InvalidRequest, KeyReused, NotFound, StaleWrite
from commerce.kernel.money import MINOR_PER_MAJOR, Currency, Money
from commerce.payments.desk import STALE_TRIES, PaymentDesk
from commerce.payments.events import RefundDue, RefundRequested
from commerce.payments.model import MOST_REFUNDS, Refund, RefundLine, RefundState, RefundTooLarge, TooManyRefunds
from commerce.payments.refund_lines import SHIPPING, RefundWish, lines_worth, units_given_back
from commerce.payments.store import Account
from commerce.promotions.credit_code import ENTROPY_BYTES, credit_code, credit_id
from commerce.promotions.credit_store import Credits


class NothingToRefund(Conflict):
    """No money came for this order, or all of it went back."""


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """What is to go back, and why.

    Parameters
    ----------
    amount
        Minor units; None for everything that is left.
    destination
        ``original`` or ``credit`` (new store credit).
    why
        One of the reasons of `Refund.why`.
    lines
        Which goods it is for, where it is for goods.
    key, by
        The request that asked, and the member of staff, where there are such.
    """

    amount: int | None
    destination: Literal["original", "credit"]
    why: str
    lines: tuple[RefundLine, ...] = ()
    key: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedRefunds:
    """What a commit will give back.

    Parameters
    ----------
    amount
        All of it, minor units.
    due
        The refund that the provider makes; belongs into the commit's event, which sets it going.
    credited
        The part that is store credit as soon as the commit is done.
    changes
        What the commit must change about the order.
    """

    amount: int
    due: RefundDue | None = None
    credited: int = 0
    changes: dict[str, object] = field(default_factory=dict)


def refundable(account: Account) -> int:
    """Return what can still be given back of an order, money and store credit together, minor units."""
    return sum(_left(account))


def open_refunds(desk: PaymentDesk, commit: Commit, account: Account, ask: RefundAsk) -> OpenedRefunds:
    """Add a refund's writes to `commit`: its rows, the attempt's sum with its condition, and any store credit.

    The caller adds the order's change (`OpenedRefunds.changes`) and the event. The order's version holds all of it
    together: of two refunds decided at once, one is decided anew on what the other left.

    Raises
    ------
    RefundTooLarge
        When more is asked for than is left.
    TooManyRefunds
        When the order has had as many as anybody may open.
    InvalidRequest
        When the provider cannot give back such an amount.
    """
    order = account.order
    money_left, credit_left = _left(account)
    amount = money_left + credit_left if ask.amount is None else ask.amount
    if amount > money_left + credit_left:
        left = Money(money_left + credit_left, order.terms.currency)
        raise RefundTooLarge(f"Of this order {left} can still be given back.", field="amount")
    money = min(amount, money_left)
    opened = OpenedRefunds(amount=amount, changes={"refunds": order.refunds})
    if money:
        opened = _money_back(desk, commit, account, ask, money, opened)
    if amount > money:
        opened = _credit_back(desk, commit, account, ask, amount - money, opened)
    return opened


def refund_order(desk: PaymentDesk, number: str, wish: RefundWish, *, key: str, by: str, reason: str) -> Account:
    """Let staff give back an order's money or a part of it, once for each `key`.

    Returns
    -------
    Account
        The order with its refunds.

    Raises
    ------
    NotFound
        When there is no such order.
    KeyReused
        When the key was used for another refund.
    NothingToRefund, RefundTooLarge, TooManyRefunds
        When so much cannot be given back, or the buyer's bank is deciding about the money.
    InvalidRequest
        When lines are named that the order does not have or that cost nothing, or the provider cannot give back such
        an amount.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None:
            raise NotFound("There is no such order.")
        asked_before = [refund for refund in account.refunds.values() if refund.key == key]
        if asked_before:
            if not _same_wish(account, asked_before, wish):
                raise KeyReused("This Idempotency-Key was used for another refund.", field="Idempotency-Key")
            return account
        if account.order.dispute == "open":
            raise NothingToRefund("The payment is disputed with the buyer's bank, which decides first.")
        if not refundable(account):
            raise NothingToRefund(f"Nothing of order {number} can be given back.")
        amount, lines = _worth(account, wish)
        commit = Commit(desk.database)
        ask = RefundAsk(amount, wish.destination, "goodwill", lines, key, by)
        opened = open_refunds(desk, commit, account, ask)
        fact = RefundRequested(
            order_number=number,
            number=account.order.refunds + 1,
            amount=opened.amount,
            currency=account.order.terms.currency.value,
            credited=opened.credited,
            refund=opened.due,
            by=by,
            reason=reason,
        )
        desk.change_order(commit, account.order, fact, **opened.changes)
        try:
            commit.send()
        except StaleWrite:
            continue
        done = desk.payments.account(number)
        if done is not None:
            return done
    raise CommitBusy


def _worth(account: Account, wish: RefundWish) -> tuple[int | None, tuple[RefundLine, ...]]:
    """Return what a wish comes to and its lines; of lines in shillings the last bring what is left.

    Each refund by lines is rounded up to whole shillings, and the order's total was rounded down to them: all lines
    together may come to some shillings more than was paid.
    """
    amount, lines = lines_worth(account, wish)
    if not lines or amount is None:
        return amount, lines
    if not amount:
        raise InvalidRequest("Nothing was paid for these.", field="items")
    left, times = refundable(account), 1 + sum(bool(refund.lines) for refund in account.refunds.values())
    rounded = MINOR_PER_MAJOR * (times + 1) if account.order.terms.currency is Currency.KES else 0
    return (left if left < amount < left + rounded else amount), lines


def _same_wish(account: Account, made: Sequence[Refund], wish: RefundWish) -> bool:
    """Tell whether the refunds that a key stands for are what is wished for now; everything left nothing behind."""
    everything = wish.amount is None and not wish.items and not wish.shipping
    units = units_given_back(made)
    wanted = Counter({**wish.items, **({SHIPPING: 1} if wish.shipping else {})})
    ways = {refund.destination for refund in made if refund.attempt is not None}
    return (
        units == wanted
        and ways <= {wish.destination}
        and (wish.amount is None or wish.amount == sum(refund.amount for refund in made))
        and not (everything and refundable(account))
    )


def _left(account: Account) -> tuple[int, int]:
    """Return what is left of the money that paid the order, or came and did not suffice, and of the store credit.

    Of money that a lost dispute took nothing is left.
    """
    paying, order = account.refundable_attempt, account.order
    money = max(0, paying.captured - paying.refunded) if paying and order.dispute != "lost" else 0
    credit = order.terms.credit - order.credit_returned if order.credit_id and account.paying_attempt else 0
    return money, credit


def _money_back(
    desk: PaymentDesk, commit: Commit, account: Account, ask: RefundAsk, amount: int, opened: OpenedRefunds
) -> OpenedRefunds:
    attempt = account.refundable_attempt
    assert attempt is not None
    taker = desk.providers.offers[attempt.method]
    if taker.whole_units_only and amount % MINOR_PER_MAJOR:
        # As store credit too: what is left must stay an amount that can go back the way it came.
        raise InvalidRequest("M-Pesa gives back whole shillings only.", field="amount")
    desk.payments.change_attempt(commit, attempt, attempt.giving_back(amount))
    return _open(desk, commit, account, ask, amount, opened, attempt=attempt.number)


def _credit_back(
    desk: PaymentDesk, commit: Commit, account: Account, ask: RefundAsk, amount: int, opened: OpenedRefunds
) -> OpenedRefunds:
    """Give store credit back to the code it came from."""
    order = account.order
    assert order.credit_id is not None
    Credits(desk.database).restore(commit, order.credit_id, Money(amount, order.terms.currency))
    opened = _open(desk, commit, account, ask, amount, opened, attempt=None)
    return OpenedRefunds(
        opened.amount, opened.due, opened.credited, opened.changes | {"credit_returned": order.credit_returned + amount}
    )


def _open(
    desk: PaymentDesk,
    commit: Commit,
    account: Account,
    ask: RefundAsk,
    amount: int,
    opened: OpenedRefunds,
    *,
    attempt: int | None,
) -> OpenedRefunds:
    order = account.order
    number = _count(opened) + 1
    if number > MOST_REFUNDS:
        raise TooManyRefunds(f"An order takes {MOST_REFUNDS} refunds at most. Give the rest back by hand.")
    paid = account.attempts[attempt] if attempt else None
    by_provider = paid is not None and ask.destination == "original"
    code = credit_code(token_bytes(ENTROPY_BYTES)) if paid is not None and not by_provider else None
    refund = Refund(
        order_number=order.number,
        number=number,
        attempt=attempt,
        reference=f"{order.number}-R{number}",
        amount=amount,
        captured=paid.captured if paid else 0,
        currency=order.terms.currency,
        phone=paid.phone if paid else None,
        receipt=paid.receipt if paid else None,
        why=ask.why,
        destination="original" if by_provider else "credit",
        lines=ask.lines if _count(opened) == order.refunds else (),
        key=ask.key,
        by=ask.by,
        credit_code=code,
        state=RefundState.REQUESTED if by_provider else RefundState.SUCCEEDED,
    )
    desk.payments.open_refund(commit, refund)
    if code is not None:
        Credits(desk.database).issue(commit, credit_id(code), Money(amount, refund.currency), origin=refund.reference)
    due = RefundDue(number=number, attempt=attempt or 0, amount=amount, why=ask.why) if by_provider else opened.due
    credited = opened.credited if by_provider else opened.credited + amount
    return OpenedRefunds(opened.amount, due, credited, opened.changes | {"refunds": number})


def _count(opened: OpenedRefunds) -> int:
    count = opened.changes["refunds"]
    assert isinstance(count, int)
    return count
