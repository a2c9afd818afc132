"""Who may do what: the roles, what each may do, and which of it moves money. Said here once (threat model, 2)."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the shop. An issuer's own words for it are mapped in the deployment's configuration."""

    CUSTOMER = "customer"
    VENDOR = "vendor"
    AGENT = "agent"
    SUPPORT = "support"
    FINANCE = "finance"
    ADMIN = "admin"


class Permission(StrEnum):
    """One kind of thing that is done through the staff API; every staff route names the one it takes."""

    READ_ORDERS = "orders.read"
    EXPORT_ORDERS = "orders.export"
    CANCEL_ORDERS = "orders.cancel"
    SHIP_ORDERS = "orders.ship"
    DECIDE_RETURNS = "returns.decide"
    RECEIVE_RETURNS = "returns.receive"
    REFUND = "refunds.open"
    RESTART_REFUNDS = "refunds.restart"
    SETTLE_REFUNDS = "refunds.settle"
    READ_CATALOG = "catalog.read"
    EDIT_CATALOG = "catalog.edit"
    EDIT_PRICES = "catalog.prices"
    READ_STOCK = "stock.read"
    ADJUST_STOCK = "stock.adjust"
    READ_VOUCHERS = "vouchers.read"
    EDIT_VOUCHERS = "vouchers.edit"
    MODERATE_REVIEWS = "reviews.moderate"
    READ_HEALING = "healing.read"
    DECIDE_HEALING = "healing.decide"
    SET_HEALING = "healing.set"
    READ_AUDIT = "audit.read"
    READ_SECURITY = "security.read"
    OWN_SECOND_FACTOR = "second_factor.own"
    RESET_SECOND_FACTOR = "second_factor.reset"


#: What moves money, or lets it be moved: a person needs a second factor for it (RFC 6238).
MOVES_MONEY = frozenset(
    {
        Permission.CANCEL_ORDERS,
        Permission.RECEIVE_RETURNS,
        Permission.REFUND,
        Permission.RESTART_REFUNDS,
        Permission.SETTLE_REFUNDS,
        # A price of one cent gives goods away as surely as a voucher does, and a product's texts bring its prices.
        Permission.EDIT_CATALOG,
        Permission.EDIT_PRICES,
        Permission.EDIT_VOUCHERS,
        Permission.DECIDE_HEALING,
        Permission.SET_HEALING,
        Permission.RESET_SECOND_FACTOR,
    }
)

_DESK = frozenset(
    {Permission.READ_ORDERS, Permission.READ_CATALOG, Permission.READ_STOCK, Permission.OWN_SECOND_FACTOR}
)

#: What each role may do. A customer may do nothing here: their own things are behind /me.
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset(),
    Role.VENDOR: frozenset(
        {
            Permission.READ_CATALOG,
            Permission.EDIT_CATALOG,
            Permission.EDIT_PRICES,
            Permission.READ_STOCK,
            Permission.ADJUST_STOCK,
            Permission.OWN_SECOND_FACTOR,
        }
    ),
    Role.AGENT: _DESK | {Permission.SHIP_ORDERS, Permission.RECEIVE_RETURNS, Permission.ADJUST_STOCK},
    Role.SUPPORT: _DESK
    | {
        Permission.CANCEL_ORDERS,
        Permission.DECIDE_RETURNS,
        Permission.REFUND,
        Permission.READ_VOUCHERS,
        Permission.MODERATE_REVIEWS,
        Permission.READ_HEALING,
    },
    Role.FINANCE: _DESK
    | {
        Permission.EXPORT_ORDERS,
        Permission.CANCEL_ORDERS,
        Permission.REFUND,
        Permission.RESTART_REFUNDS,
        Permission.SETTLE_REFUNDS,
        Permission.READ_VOUCHERS,
        Permission.EDIT_VOUCHERS,
        Permission.READ_HEALING,
        Permission.DECIDE_HEALING,
        Permission.READ_AUDIT,
    },
    Role.ADMIN: frozenset(Permission),
}


def granted(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return everything that somebody with these roles may do."""
    return frozenset().union(*(GRANTS[role] for role in roles))
