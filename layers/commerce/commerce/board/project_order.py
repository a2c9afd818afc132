"""Bring an order's entry on the board up to date."""

from __future__ import annotations

from commerce.board.model import BoardEntry
from commerce.board.store import Board
from commerce.kernel.errors import NotFound
from commerce.kernel.events import Event
from commerce.payments.store import Account, Payments


def project_order(board: Board, payments: Payments, number: str, version: int | None = None) -> bool:
    """Write an order as it stands now; what the board knows to be newer stays.

    An entry is marked with a version the order had *before* it was read, so it shows at least that version, and the
    entry of the last change shows all of them: events may come late, twice and in any order, and attempts or refunds
    may change between the rows that one query reads. Repeating is always safe, so a lost board is made again by
    projecting every order.

    Parameters
    ----------
    version
        What the event says the order had become; None reads it first.

    Returns
    -------
    bool
        False when the board has a newer entry.

    Raises
    ------
    NotFound
        When there is no such order.
    """
    return _project(board, payments, number, version)[1]


def project_event(board: Board, payments: Payments, event: Event) -> tuple[Account, bool]:
    """Write the order that an event is about, as of `project_order`; return the order too, as it was read.

    Raises
    ------
    NotFound
        When there is no such order.
    """
    number = str(event.data["order_number"])
    # The events of the order itself are numbered by its versions; of others that name it, only it knows its version.
    version = int(event.sequence) if event.subject == f"order/{number}" else None
    return _project(board, payments, number, version)


def _project(board: Board, payments: Payments, number: str, version: int | None) -> tuple[Account, bool]:
    if version is None:
        version = _read(payments, number).order.version
    account = _read(payments, number)
    return account, board.put(BoardEntry.of(account), version)


def _read(payments: Payments, number: str) -> Account:
    account = payments.account(number)
    if account is None:
        raise NotFound("There is no such order.")
    return account
