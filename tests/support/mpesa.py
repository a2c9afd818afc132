"""An M-Pesa that keeps the truth: whose money moved, and when it came back. The shop only sees its answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from commerce.payments.port import (
    LookUpOutcome,
    LookUpRequest,
    OutcomeUnknown,
    Paid,
    PaymentClaim,
    PaymentRecord,
    Pending,
    Prompted,
    References,
    RefundAccepted,
    RefundDone,
    RefundOutcome,
    RefundRequest,
    Refused,
    StartOutcome,
    StartRequest,
)
from tests.support.providers import ScriptedProvider

AttemptName = tuple[str, int]


@dataclass
class Prompt:
    """One push as M-Pesa knows it: `captured` in minor units once paid, `failure` its code once ended."""

    order_number: str
    attempt: int
    amount: int
    references: References
    captured: int | None = None
    failure: str | None = None

    @property
    def receipt(self) -> str:
        """The receipt this payment has or would have."""
        return f"R{self.order_number}{self.attempt}"

    def claim(self) -> PaymentClaim:
        """Return the callback that tells the truth."""
        if self.captured is not None:
            return PaymentClaim(self.references, "0", self.receipt, self.captured)
        return PaymentClaim(self.references, self.failure or "1037")


@dataclass
class Mpesa(ScriptedProvider):
    """A provider with a memory. `push_answers` says how it answers pushes: ``ok``, ``lost`` or ``refused``."""

    push_answers: str = "ok"
    prompts: dict[AttemptName, Prompt] = field(default_factory=dict)
    given_back: dict[str, RefundRequest] = field(default_factory=dict)
    refund_results: bool = False

    def start(self, request: StartRequest) -> StartOutcome:
        self.started.append(request)
        name = (request.order_number, request.attempt)
        assert name not in self.prompts, f"{name} was pushed twice"
        if self.push_answers == "refused":
            return Refused("500.003.02", "provider_unavailable")
        references = References(f"m-{name[0]}-{name[1]}", f"ws_CO_{name[0]}_{name[1]}")
        self.prompts[name] = Prompt(*name, request.amount.amount, references)
        return OutcomeUnknown("time-out") if self.push_answers == "lost" else Prompted(references)

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        references = request.references
        self.looked_up.append(references)
        for prompt in self.prompts.values():
            if prompt.references.payment_id == references.payment_id:
                if prompt.captured is not None:
                    return Paid()
                return Refused(prompt.failure, "no_answer") if prompt.failure else Pending("4999")
        return Pending("no reference")

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back once for each reference; a repeat must be the very same request (the port's rule)."""
        self.refunded.append(request)
        # What the provider itself is told: its own names of the payment and of an earlier try are not part of it.
        told = replace(request, payment=References(), sent_as=None)
        earlier = self.given_back.setdefault(request.reference, told)
        assert earlier == told, f"{request.reference} was asked for in two ways"
        return RefundDone(f"B{request.reference}") if self.refund_results else RefundAccepted(f"AG_{request.reference}")

    def record(self, number: str, attempt: int = 1) -> PaymentRecord | None:
        """Return M-Pesa's own record of a payment."""
        prompt = self.prompts[number, attempt]
        return None if prompt.captured is None else PaymentRecord(prompt.receipt, prompt.captured)

    def pay(self, number: str, attempt: int = 1, *, amount: int | None = None) -> PaymentClaim:
        """Let the buyer enter the PIN; return the callback that M-Pesa sends."""
        prompt = self.prompts[number, attempt]
        prompt.captured = prompt.amount if amount is None else amount
        prompt.failure = None
        return prompt.claim()

    def fail(self, number: str, attempt: int = 1, *, code: str = "1037") -> PaymentClaim:
        """Let the prompt end without money; return the callback that M-Pesa sends."""
        prompt = self.prompts[number, attempt]
        assert prompt.captured is None
        prompt.failure = code
        return prompt.claim()
