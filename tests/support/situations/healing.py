"""What healing proposes and does, while people decide on it, and do the same by hand."""

from __future__ import annotations

from typing import Any

from commerce.healing.attend import Allowance, Did, attend
from commerce.healing.change_settings import SettingsChanged, change_settings
from commerce.healing.decide import ActionRefused, CaseClosed, HealingOff, approve_case, dismiss_case
from commerce.healing.look_at_orders import look_at_order
from commerce.healing.model import Action, State
from commerce.inventory.store import OutOfStock, StockRow
from commerce.payments.store import Account
from tests.support.arena import Situation, Work
from tests.support.healing import LONG, Clinic
from tests.support.promises import accounts
from tests.support.situations import money
from tests.support.situations.acts import CANCEL, EXPIRE, POLL, SEND_REFUND, SETTLE, number, place
from tests.support.stories import SKU, World

CLINIC = "clinic"
CASE = "case"
REFUSED = (CaseClosed, HealingOff, ActionRefused)


def clinic(world: World) -> Clinic:
    """Return the shop's healing."""
    found: Clinic = world.notes[CLINIC]
    return found


def open_clinic(world: World) -> Clinic:
    """Let the shop heal itself."""
    made = Clinic(world.shop)
    world.notes |= {CLINIC: made, "memory": [made.queues]}
    return made


def note(world: World, about: str, state: State) -> None:
    """Note the case that the situation is about."""
    case = clinic(world).about(about)
    assert case.state is state, case
    world.notes[CASE] = case.id


def failed_refund(world: World) -> None:
    money.refund_failed(world)
    open_clinic(world).later()
    note(world, f"order/{number(world)}/refund/1/failed", State.PROPOSED)


def overdue(world: World) -> None:
    """The sweep did not come by; the next run of healing will see to it."""
    place(world)
    look_later(world)
    note(world, f"order/{number(world)}/hold", State.OPEN)


def paid_after_all(world: World) -> None:
    """An order that was let go was paid, and nobody told the shop."""
    place(world)
    assert world.shop.expire(world.notes["order"])
    world.mpesa.pay(number(world))
    look_later(world)
    note(world, f"order/{number(world)}/attempt/1/outcome", State.OPEN)


def look_later(world: World) -> None:
    """Let a case be opened of what is wrong with the order, and nothing be done about it yet."""
    desk = open_clinic(world).desk
    world.shop.clock.forward(2 * LONG)
    look_at_order(desk, number(world))


def orphaned_hold(world: World) -> None:
    """A unit is held that no order holds."""
    place(world)
    rows = world.shop.database.bind(StockRow, "stock")
    rows(f"{SKU}#0").update(actions=[rows.available.add(-1), rows.reserved.add(1)])
    open_clinic(world).run()
    world.shop.clock.forward(LONG / 2)
    clinic(world).run()
    clinic(world).run()
    note(world, f"sku/{SKU}#0/surplus", State.PROPOSED)


def kept_but_for_the_orphan(world: World) -> list[Account]:
    """Check that the unit is held or was released, once, and that everything else adds up."""
    shop = world.shop
    shop.assert_promises()
    everything = accounts(shop)
    held = sum(hold.quantity for one in everything if one.order.due_at for hold in one.order.holds[SKU])
    facts = [event.type for event in shop.till.log.trail(f"sku/{SKU}")]
    assert shop.stock(SKU)["reserved"] + facts.count("OrphanedHoldReleased") == held + 1
    return everything


def approve(name: str, action: Action | None = None, by: str = "staff-1") -> Work:
    """Make an approval."""
    return Work(
        name,
        lambda world: approve_case(clinic(world).staff, world.notes[CASE], action, by=by, reason="looked at it"),
        REFUSED,
    )


def switch_off(world: World) -> Any:
    desk = clinic(world).desk
    wanted = desk.settings.read().model_copy(update={"enabled": False})
    return change_settings(desk, wanted, by="staff-3", reason="let me look")


def heal(world: World) -> Did:
    """Let a run of healing see to the case."""
    desk = clinic(world).desk
    return attend(desk, world.notes[CASE], Allowance(desk.settings.read()))


APPROVE = approve("approve")
APPROVE_TOO = approve("approve_too", by="staff-2")
DISMISS = Work(
    "dismiss",
    lambda world: dismiss_case(clinic(world).staff, world.notes[CASE], by="staff-2", reason="as it should be"),
    REFUSED,
)
HEAL = Work("heal", heal)
SWITCH_OFF = Work("switch_off", switch_off, (SettingsChanged,))
BUY = Work("buy", lambda world: world.order("other"), (OutOfStock,))

FAILED_REFUND = Situation(
    "healing proposes to refund again",
    failed_refund,
    (APPROVE, APPROVE_TOO, DISMISS, money.RESTART, money.SETTLE_BY_HAND, SEND_REFUND, SWITCH_OFF),
)
OVERDUE = Situation(
    "healing is about to release", overdue, (approve("approve", Action.RELEASE), DISMISS, EXPIRE, SETTLE, CANCEL, HEAL)
)
PAID_AFTER_ALL = Situation(
    "healing is about to reserve again",
    paid_after_all,
    (approve("approve", Action.RESERVE_AGAIN), DISMISS, POLL, BUY, HEAL),
    stock=1,
)
ORPHANED_HOLD = Situation(
    "healing proposes to release an orphaned hold",
    orphaned_hold,
    (APPROVE, APPROVE_TOO, DISMISS, BUY, CANCEL),
    stock=3,
    kept=kept_but_for_the_orphan,
)
SITUATIONS = (FAILED_REFUND, OVERDUE, PAID_AFTER_ALL, ORPHANED_HOLD)
