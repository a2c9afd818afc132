"""A code appears, changes what it promises, or is switched off and on."""

from __future__ import annotations

from collections.abc import Callable

from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, InvalidRequest, NotFound
from commerce.kernel.events import Event
from commerce.kernel.tables import Database
from commerce.promotions.events import VoucherPublished
from commerce.promotions.model import Voucher, allowances
from commerce.promotions.store import StoredVoucher, UsesMoved, Vouchers

#: Appends an event to a commit; the audit area's log is one.
Recorder = Callable[[Commit, Event], None]

#: How often a limit is shared out anew when orders use the code meanwhile.
SHARING_TRIES = 8


def publish_voucher(
    database: Database, clock: Clock, voucher: Voucher, *, by: str, reason: str, record: Recorder
) -> int:
    """Write what a code promises, its shards' allowances and the event in one commit; nothing where nothing changed.

    Orders that use the code keep what they were promised. Where more orders use it than a lowered limit allows, it is
    used up until enough of them have given their use back.

    Parameters
    ----------
    by, reason
        Who decided, and why.
    record
        Appends the event to the commit (promise 5): ``EventLog(database).record``.

    Returns
    -------
    int
        The voucher's revision: 1 when it is new.

    Raises
    ------
    InvalidRequest
        When its uses would be counted in fewer shards.
    StaleWrite
        When somebody else published the voucher at the same time.
    CommitBusy
        When orders use the code so fast that its limit cannot be shared out. Try again.
    """
    vouchers = Vouchers(database)
    stored = vouchers.voucher(voucher.code)
    if stored is not None and stored.voucher == voucher:
        return stored.revision
    if stored is not None and voucher.shards < stored.voucher.shards:
        raise InvalidRequest("Uses would be lost in fewer shards.", field="shards")
    revision = stored.revision + 1 if stored else 1
    fact = _fact(voucher, revision, by, reason)
    for _ in range(SHARING_TRIES):
        commit = Commit(database)
        vouchers.put(commit, voucher, revision=revision)
        if _counts_anew(stored, voucher):
            used = [each.used for each in vouchers.by_shard(voucher.code, voucher.shards)]
            vouchers.allow(commit, voucher.code, _shares(voucher, used), used)
        record(commit, Event.of(fact, subject=f"voucher/{voucher.code}", sequence=f"{revision:06d}", at=clock.now()))
        try:
            commit.send()
        except UsesMoved:
            continue
        return revision
    raise CommitBusy


def switch_voucher(
    database: Database, clock: Clock, code: str, *, active: bool, by: str, reason: str, record: Recorder
) -> int:
    """Switch a code off or on; it keeps its uses. Returns and raises as `publish_voucher` does, and

    Raises
    ------
    NotFound
        When there is no such code.
    """
    stored = Vouchers(database).voucher(code)
    if stored is None:
        raise NotFound("There is no such voucher.")
    changed = stored.voucher.model_copy(update={"active": active})
    return publish_voucher(database, clock, changed, by=by, reason=reason, record=record)


def _counts_anew(stored: StoredVoucher | None, voucher: Voucher) -> bool:
    if stored is None:
        return True
    before = stored.voucher
    return (before.total_limit, before.shards) != (voucher.total_limit, voucher.shards)


def _shares(voucher: Voucher, used: list[int]) -> list[int] | list[None]:
    return [None] * voucher.shards if voucher.total_limit is None else allowances(voucher.total_limit, used)


def _fact(voucher: Voucher, revision: int, by: str, reason: str) -> VoucherPublished:
    told = voucher.model_dump(mode="json")
    return VoucherPublished(**told, revision=revision, by=by, reason=reason)
