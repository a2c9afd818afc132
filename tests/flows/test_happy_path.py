"""An M-Pesa order from the basket to the receipt."""

from commerce.ordering.model import OrderStatus
from commerce.payments.decision import Verdict
from commerce.payments.model import AttemptState
from commerce.payments.port import Paid, PaymentClaim, References
from commerce.payments.verify_payment import verify_payment
from tests.support.shop import Shop


def test_paid_order_sells_what_it_held(shop: Shop) -> None:
    shop.sell("LAP-1", stock=3)

    placed = shop.order("key-1", ("LAP-1", 2))

    assert placed.order.status is OrderStatus.PENDING_PAYMENT
    assert placed.attempt.state is AttemptState.PROMPTED
    assert placed.order.terms.total == 2 * 150_000 + 30_000
    assert shop.stock("LAP-1") == {"available": 1, "reserved": 2, "sold": 0, "received": 3}

    shop.provider.on_look_up = lambda _: Paid()
    claim = PaymentClaim(References("m-0", "ws_CO_0"), "0", receipt="TKL0001", amount=330_000)
    assert verify_payment(shop.till, placed.order.number, 1, claim) is Verdict.FINAL

    account = shop.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert account.order.paid == 330_000
    assert account.attempts[1].receipt == "TKL0001"
    assert shop.stock("LAP-1") == {"available": 1, "reserved": 0, "sold": 2, "received": 3}
    assert shop.event_types(placed) == ["OrderPlaced", "PaymentPrompted", "PaymentConfirmed"]
    shop.assert_promises()
