"""The worker of RefundQueue: money on its way back, reports of it, and amounts in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.messages import RefundMessage, StatementMessage, read_refund_message
from commerce.payments.port import Paid, PaymentClaim, RefundDone, RefundImpossible, RefundUnknown
from tests.handlers.event_files import load
from tests.handlers.world import Calls, Log, World

FINE: dict[str, Any] = {"batchItemFailures": []}


def late(world: World) -> Placement:
    """Place an order that is paid after its goods were sold to somebody else."""
    placed = world.order(stock=1)
    assert world.shop.expire(placed)
    world.shop.order(f"instead of {placed.order.number}", (placed.order.terms.lines[0].sku, 1))
    pay(world, placed)
    return placed


def pay(world: World, placed: Placement, amount: int = 180_000) -> None:
    world.shop.provider.on_look_up = lambda _: Paid()
    references = world.shop.account(placed).attempts[1].references
    receipt = f"TK{placed.order.number[:8]}"
    world.shop.verify(placed, claim=PaymentClaim(references, "0", receipt=receipt, amount=amount))


def work(world: World, case: str, placed: Placement) -> Any:
    event = load("refund_payment", case, **({"order_number": placed.order.number} if case != "timeout_" else {}))
    for record in event["Records"]:
        record["body"] = record["body"].replace("TKM4A1B2C3", f"TK{placed.order.number[:8]}")
    return world.call("refund_payment", event)


def state(world: World, placed: Placement) -> str:
    return world.shop.account(placed).refunds[1].state.value


def next_tries(world: World, calls: Calls) -> list[tuple[RefundMessage | StatementMessage, int]]:
    sent = calls.sent(world.queues["refund"])
    return [(read_refund_message(message["MessageBody"]), message["DelaySeconds"]) for message in sent]


def test_an_event_sets_its_refund_going(world: World, calls: Calls) -> None:
    placed = late(world)
    assert work(world, "late_payment", placed) == FINE
    [request] = world.shop.provider.refunded
    assert (request.amount.amount, request.captured.amount) == (180_000, 180_000)
    assert request.result_url.endswith("/result")
    assert request.timeout_url.endswith("/timeout")
    assert state(world, placed) == "sent"
    assert next_tries(world, calls) == [(RefundMessage(placed.order.number, 1, check=1), 30)]


def test_a_refund_that_nobody_confirms_is_asked_for_again(world: World, calls: Calls) -> None:
    placed = late(world)
    world.shop.provider.on_refund = lambda _: RefundUnknown("read time-out")
    assert work(world, "later_try", placed) == FINE
    assert state(world, placed) == "requested"
    assert next_tries(world, calls) == [(RefundMessage(placed.order.number, 1, check=2), 60)]


@pytest.mark.parametrize(
    ("outcome", "becomes", "event"),
    [
        (RefundDone("TKM5D6E7F8"), "succeeded", "RefundSucceeded"),
        (RefundImpossible("R000002", "receipt_invalid"), "failed", "RefundFailed"),
    ],
)
def test_a_refund_that_is_over_is_not_looked_at_again(world: World, outcome: Any, becomes: str, event: str) -> None:
    placed = late(world)
    world.shop.provider.on_refund = lambda _: outcome
    assert work(world, "late_payment", placed) == FINE
    assert (state(world, placed), world.shop.event_types(placed)[-1]) == (becomes, event)
    assert world.waiting("refund") == 0
    assert work(world, "late_payment", placed) == FINE
    assert len(world.shop.provider.refunded) == 1, "a redelivered event pays nothing back twice"


def test_past_the_last_try_a_person_is_told(world: World) -> None:
    placed = late(world)
    assert work(world, "last_try", placed) == FINE
    assert (state(world, placed), world.shop.event_types(placed)[-1]) == ("failed", "RefundFailed")
    assert world.shop.provider.refunded == []
    assert world.waiting("refund") == 0


def test_a_result_closes_a_refund(world: World) -> None:
    placed = late(world)
    work(world, "late_payment", placed)
    assert work(world, "reversal_done", placed) == FINE
    refund = world.shop.account(placed).refunds[1]
    assert (refund.state, refund.refund_receipt) == ("succeeded", "TKM5D6E7F8")


def test_a_result_counts_even_after_a_person_was_told(world: World) -> None:
    placed = late(world)
    work(world, "last_try", placed)
    work(world, "reversal_done", placed)
    assert state(world, placed) == "succeeded"


def test_a_refused_refund_waits_for_a_person(world: World) -> None:
    placed = late(world)
    work(world, "late_payment", placed)
    work(world, "no_funds", placed)
    assert (state(world, placed), world.shop.event_types(placed)[-1]) == ("failed", "RefundFailed")


@pytest.mark.parametrize("case", ["timeout", "status_answer"])
def test_a_report_that_proves_nothing_changes_nothing(world: World, case: str) -> None:
    placed = late(world)
    work(world, "late_payment", placed)
    events = world.shop.event_types(placed)
    assert work(world, case, placed) == FINE
    assert (state(world, placed), world.shop.event_types(placed)) == ("sent", events)


def test_a_report_of_no_refund_opens_none(world: World) -> None:
    placed = world.order()
    assert work(world, "reversal_done", placed) == FINE
    assert world.shop.account(placed).refunds == {}


def test_a_doubtful_amount_is_asked_about_and_then_booked(world: World, calls: Calls) -> None:
    placed = world.order()
    pay(world, placed, amount=100)
    assert world.shop.account(placed).order.status == "pending_payment"

    assert work(world, "amount_in_doubt", placed) == FINE
    [question] = world.shop.provider.asked
    assert question.result_url.endswith("/record")
    assert next_tries(world, calls) == [(RefundMessage(placed.order.number, 1, task="record", check=1), 30)]

    assert work(world, "payment_record", placed) == FINE
    assert world.shop.account(placed).order.status == "processing"
    assert work(world, "amount_in_doubt", placed) == FINE
    assert len(world.shop.provider.asked) == 1, "what is known is not asked for again"


def test_past_the_last_look_for_a_record_a_person_is_told(world: World) -> None:
    placed = world.order()
    pay(world, placed, amount=100)
    assert work(world, "last_look_for_record", placed) == FINE
    assert world.shop.event_types(placed)[-1] == "PaymentRecordMissing"
    assert world.waiting("refund") == 0


def test_poison_fails_alone(world: World, log: Log) -> None:
    placed = late(world)
    answer = work(world, "poison_among_others", placed)
    failed = [failure["itemIdentifier"][-1] for failure in answer["batchItemFailures"]]
    assert failed == ["2", "4"], "a report that cannot be read proves nothing, and is no poison"
    assert state(world, placed) == "sent"
    assert log.text.count("Traceback") >= 2


def test_the_log_names_the_order_and_nobody(world: World, log: Log) -> None:
    placed = late(world)
    for case in ("late_payment", "reversal_done", "payment_record"):
        work(world, case, placed)
    assert placed.order.number in log.text
    for private in ("712345678", "wanjiku"):
        assert private not in log.text.lower()


def test_money_of_no_order_becomes_a_dead_letter(world: World, calls: Calls) -> None:
    placed = late(world)
    for check in range(3):
        event = load("refund_payment", "last_try", order_number=placed.order.number)
        event["Records"] = event["Records"][:1]
        told = StatementMessage("mpesa", "TK-of-nobody", "evt_of_nobody", check=check)
        event["Records"][0]["body"] = told.to_json()
        if check < 2:
            assert world.call("refund_payment", event) == FINE, "its payment may be booked in a moment"
        else:
            with pytest.raises(Exception, match="not one of the shop's"):
                world.call("refund_payment", event)
    assert [message.check for message, _ in next_tries(world, calls)] == [1, 2]
