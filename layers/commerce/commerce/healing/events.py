"""What happens to cases, and to the bounds within which the shop repairs itself.

None of these names an order as `order_number`: they say nothing new of the order, and its row on the board is not made
anew for them. `about` says it, as in ``order/7K2M9QX4TD/refund/1``.
"""

from __future__ import annotations

from typing import Any

from commerce.kernel.events import EventData


class _CaseEvent(EventData):
    case: str
    kind: str
    about: str


class CaseOpened(_CaseEvent):
    """Something is stuck or does not add up. `action` is what will be done about it."""

    sign: str
    action: str


class CaseReopened(_CaseEvent):
    """What was healed is found again; what was tried before counts."""

    sign: str
    action: str
    tries: int


class CaseProposed(_CaseEvent):
    """An action waits for a person's approval; `proposed_by` the rules or a model."""

    action: str
    proposed_by: str
    before: dict[str, Any]


class CaseActing(_CaseEvent):
    """Somebody is about to act: the shop itself (`by` heal_failures) or a person, who says why."""

    action: str
    tries: int
    before: dict[str, Any]
    by: str
    reason: str | None = None


class CaseActed(_CaseEvent):
    """An action was taken, and what it was about is not in order yet."""

    action: str
    outcome: str
    before: dict[str, Any]
    after: dict[str, Any]


class CaseApproved(_CaseEvent):
    """A person approved an action that the next run takes."""

    action: str
    by: str
    reason: str


class CaseHandedOver(_CaseEvent):
    """A person must decide; `why` the shop does not. `by` is set where a person kept it for people."""

    why: str
    before: dict[str, Any]
    by: str | None = None


class CaseHealed(_CaseEvent):
    """What it was about is in order; without an `action` it came right by itself."""

    action: str | None = None
    outcome: str
    before: dict[str, Any]
    after: dict[str, Any]


class CaseDismissed(_CaseEvent):
    """A person says that nothing is to be done."""

    by: str
    reason: str
    before: dict[str, Any]


class OrphanedHoldReleased(EventData):
    """Units that were held for no order are for sale again."""

    sku: str
    bucket: int
    quantity: int
    case: str


class HealingSettingsChanged(EventData):
    """People set how far the shop may go by itself; an earlier version can be set again from its event."""

    version: int
    before: dict[str, Any]
    after: dict[str, Any]
    by: str
    reason: str
