"""The platform's books: every account, every transaction. Whole KES. Money is only ever moved, never made."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sandbox.daraja.identifiers import receipt

Kind = Literal["payment", "reversal", "payout", "deposit", "withdrawal"]
OUTSIDE = "outside"
"""Where deposits come from and withdrawals go."""


class NoFunds(Exception):
    """The debited account does not hold the amount."""


@dataclass(frozen=True)
class Transaction:
    """One movement of money, with what it was for."""

    receipt: str
    kind: Kind
    amount: int
    debit: str
    credit: str
    at: datetime
    reference: str = ""
    """The order's AccountReference; for a payout, its Occassion."""
    originator_id: str = ""
    """MerchantRequestID of a push, OriginatorConversationID of anything else."""
    conversation_id: str = ""
    original: str | None = None
    """The receipt that a reversal takes back."""


class Ledger:
    """Accounts are opened on first sight: magic numbers and `outside` without limit, others with a balance."""

    def __init__(self, customer_balance: int, merchants: dict[str, int]) -> None:
        self._customer_balance = customer_balance
        self._openings = dict(merchants)
        self._balances = dict(merchants)
        self._unlimited = {OUTSIDE}
        self.transactions: list[Transaction] = []

    def allow_debt(self, account: str) -> None:
        """Let an account (a magic number) go below zero instead of running out."""
        self._unlimited.add(account)

    def balance(self, account: str) -> int:
        """What an account holds."""
        if account not in self._balances:
            opening = 0 if account == OUTSIDE else self._customer_balance
            self._openings[account] = self._balances[account] = opening
        return self._balances[account]

    def move(self, kind: Kind, amount: int, debit: str, credit: str, at: datetime, **about: Any) -> Transaction:
        """Move money and record it. Raises NoFunds, and then nothing moved."""
        if self.balance(debit) < amount and debit not in self._unlimited:
            raise NoFunds(debit)
        self.balance(credit)
        self._balances[debit] -= amount
        self._balances[credit] += amount
        transaction = Transaction(receipt(at), kind, amount, debit, credit, at, **about)
        self.transactions.append(transaction)
        return transaction

    def find(self, wanted: str) -> Transaction | None:
        """The transaction with this receipt."""
        return next((one for one in self.transactions if one.receipt == wanted), None)

    def find_by_conversation(self, wanted: str) -> Transaction | None:
        """The transaction whose originator or conversation id this is."""
        return next((one for one in self.transactions if wanted in (one.originator_id, one.conversation_id)), None)

    def reversal_of(self, original: str) -> Transaction | None:
        """The reversal of a receipt, if there was one."""
        return next((one for one in self.transactions if one.original == original), None)

    def paid_since(self, phone: str, since: datetime) -> list[Transaction]:
        """A customer's payments since a moment."""
        return [one for one in self.transactions if one.kind == "payment" and one.debit == phone and one.at >= since]

    def by_reference(self) -> dict[str, dict[str, int]]:
        """Per AccountReference: paid, given back (reversals and payouts), and the rest the shop still holds."""
        sums: dict[str, dict[str, int]] = defaultdict(lambda: {"paid": 0, "given_back": 0, "held": 0})
        for one in self.transactions:
            if one.kind in ("deposit", "withdrawal"):
                continue
            sign, member = (1, "paid") if one.kind == "payment" else (-1, "given_back")
            sums[one.reference][member] += one.amount
            sums[one.reference]["held"] += sign * one.amount
        return dict(sums)

    def view(self) -> dict[str, Any]:
        """Everything, for the control API; `balanced` says that no money appeared or vanished."""
        kinds: dict[str, int] = dict.fromkeys(("payment", "reversal", "payout", "deposit", "withdrawal"), 0)
        for one in self.transactions:
            kinds[one.kind] += one.amount
        return {
            "accounts": dict(self._balances),
            "openings": dict(self._openings),
            "transactions": [{**asdict(one), "at": one.at.isoformat()} for one in self.transactions],
            "totals": kinds,
            "references": self.by_reference(),
            "balanced": sum(self._balances.values()) == sum(self._openings.values()),
        }
