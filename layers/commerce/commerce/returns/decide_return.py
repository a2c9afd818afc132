"""Staff decide on a return: once, with a reason, and who it was."""

from __future__ import annotations

from typing import Literal

from commerce.kernel.commit import Commit
from commerce.kernel.errors import CommitBusy, Conflict, NotFound, StaleWrite
from commerce.ordering.return_store import Returns
from commerce.ordering.returns import Return, ReturnState
from commerce.payments.desk import STALE_TRIES, OrderDesk
from commerce.returns.events import ReturnApproved, ReturnRejected

Decision = Literal["approve", "reject"]
_STATES = {"approve": ReturnState.APPROVED, "reject": ReturnState.REJECTED}
_FACTS = {"approve": ReturnApproved, "reject": ReturnRejected}


class ReturnDecided(Conflict):
    """The return was decided otherwise, or is closed."""


def decide_return(
    desk: OrderDesk, number: str, return_number: int, decision: Decision, *, by: str, reason: str
) -> Return:
    """Approve or reject a return. The same decision again changes nothing.

    Raises
    ------
    NotFound
        When there is no such return.
    ReturnDecided
        When it was decided otherwise before.
    CommitBusy
        When others keep changing the order. Try again later.
    """
    for _ in range(STALE_TRIES):
        account = desk.payments.account(number)
        if account is None or return_number not in account.returns:
            raise NotFound("There is no such return.")
        before = account.returns[return_number]
        if before.state is _STATES[decision]:
            return before
        if before.state is not ReturnState.REQUESTED:
            raise ReturnDecided(f"This return is {before.state.value} already.")
        after = before.to(_STATES[decision], decided_at=desk.clock.now(), decided_by=by, decision=reason)
        commit = Commit(desk.database)
        fact = _FACTS[decision](order_number=number, return_number=return_number, by=by, reason=reason)
        desk.change_order(commit, account.order, fact)
        Returns(desk.database).change(commit, before, after)
        try:
            commit.send()
        except StaleWrite:
            continue
        return after
    raise CommitBusy
