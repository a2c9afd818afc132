"""Which action what is found calls for: said here once. Whatever no row names is handed to a person. Pure."""

from __future__ import annotations

from commerce.healing.model import Action, Kind

#: What may be done about each kind at all, by anybody: the rules, a model's proposal, or staff.
ALLOWED: dict[Kind, frozenset[Action]] = {
    Kind.DEAD_LETTER: frozenset({Action.REQUEUE}),
    Kind.STUCK_PAYMENT: frozenset({Action.RE_VERIFY, Action.RESERVE_AGAIN}),
    Kind.UNKNOWN_OUTCOME: frozenset({Action.RE_VERIFY, Action.RESERVE_AGAIN}),
    Kind.PAYMENT_UNDER_REVIEW: frozenset({Action.REQUEUE}),
    Kind.STUCK_REFUND: frozenset({Action.REQUEUE}),
    Kind.FAILED_REFUND: frozenset({Action.REFUND}),
    Kind.STALE_BOARD: frozenset({Action.REBUILD_BOARD}),
    Kind.UNSENT_MAIL: frozenset({Action.REQUEUE}),
    Kind.UNDELIVERED_EVENT: frozenset({Action.REQUEUE}),
    Kind.ORPHANED_HOLD: frozenset({Action.RELEASE}),
    Kind.STOCK_MISMATCH: frozenset(),
    Kind.UNMATCHED_MONEY: frozenset({Action.REQUEUE}),
    Kind.OVERDUE_ORDER: frozenset({Action.RELEASE}),
    Kind.BROKEN_AUDIT: frozenset(),
}

#: By kind and sign.
RULES: dict[tuple[Kind, str], Action] = {
    (Kind.DEAD_LETTER, "readable"): Action.REQUEUE,
    (Kind.STUCK_PAYMENT, "awaited"): Action.RE_VERIFY,
    (Kind.UNKNOWN_OUTCOME, "awaited"): Action.RE_VERIFY,
    # Money found for an order that was let go takes its goods again, or goes back.
    (Kind.STUCK_PAYMENT, "released"): Action.RESERVE_AGAIN,
    (Kind.UNKNOWN_OUTCOME, "released"): Action.RESERVE_AGAIN,
    # The provider's own record may still decide: it is asked for again.
    (Kind.PAYMENT_UNDER_REVIEW, "awaits_record"): Action.REQUEUE,
    (Kind.STUCK_REFUND, "open"): Action.REQUEUE,
    (Kind.FAILED_REFUND, "certain"): Action.REFUND,
    (Kind.STALE_BOARD, "behind"): Action.REBUILD_BOARD,
    (Kind.UNSENT_MAIL, "unsent"): Action.REQUEUE,
    (Kind.UNDELIVERED_EVENT, "archived"): Action.REQUEUE,
    (Kind.ORPHANED_HOLD, "surplus"): Action.RELEASE,
    (Kind.UNMATCHED_MONEY, "booked"): Action.REQUEUE,
    (Kind.OVERDUE_ORDER, "overdue"): Action.RELEASE,
}


def rule_for(kind: Kind, sign: str) -> Action:
    """Return what the rules say."""
    return RULES.get((kind, sign), Action.HAND_OVER)


def allowed(kind: Kind, action: Action) -> bool:
    """Tell whether an action may be taken on cases of a kind; handing over always may."""
    return action is Action.HAND_OVER or action in ALLOWED[kind]
