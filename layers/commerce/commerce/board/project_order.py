"""Bring an order's entry on the board up to date."""

from __future__ import annotations

from commerce.board.model import BoardEntry
from commerce.board.store import Board
from commerce.kernel.errors import NotFound
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
    if version is None:
        version = _read(payments, number).order.version
    account = _read(payments, number)
    return board.put(BoardEntry.of(account), version)


def _read(payments: Payments, number: str) -> Account:
    account = payments.account(number)
    if account is None:
        raise NotFound("There is no such order.")
    return account
