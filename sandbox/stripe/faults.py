"""Faults that can be injected: by a rule for the next requests or events, by metadata, or by a magic card."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Literal, get_args

from sandbox.stripe.errors import Json

RequestFault = Literal["rate_limited", "error", "error_after", "lost_response", "slow", "unavailable", "cut"]
"""rate_limited: 429, nothing done. error: 500, nothing done. error_after: done, and 500 all the same, which a repeat
with the same Idempotency-Key gets again. lost_response: done, the answer never arrives. slow: answered late.
unavailable: 503, nothing done. cut: the connection breaks, nothing done."""

EventFault = Literal["duplicate", "unordered", "delayed", "lost"]
"""duplicate: three deliveries in parallel. unordered: after the next event of the same payment. delayed: late.
lost: never delivered."""

TRIGGER = "sandbox"
"""The metadata key whose value names a fault: of the request that carries it, or of the payment's events."""


@dataclass
class Rule:
    """A fault for the next `times` requests or events that match; empty members match everything."""

    id: int
    fault: RequestFault | EventFault
    times: int
    method: str = ""
    path: str = ""
    """A part of the request's path, e.g. `refunds` or `/confirm`."""
    type: str = ""
    """What an event's type begins with."""
    about: str = ""
    """The id of a PaymentIntent."""


@dataclass
class Health:
    """How Stripe is: `down` answers 503, `cut` breaks every connection; `silent` sends no events."""

    down: bool = False
    cut: bool = False
    silent: bool = False


@dataclass
class Faults:
    """The rules that wait for their requests and events."""

    health: Health = field(default_factory=Health)
    rules: list[Rule] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _triggered: set[str] = field(default_factory=set)

    def add(self, fault: RequestFault | EventFault, times: int = 1, **match: str) -> Rule:
        """Add a rule; it is forgotten once it has acted `times` times."""
        rule = Rule(next(self._ids), fault, times, **match)
        self.rules.append(rule)
        return rule

    def of_request(self, method: str, path: str) -> RequestFault | None:
        """The fault of this request, of the first rule that matches it; the rule is used up by one."""
        for rule in self.rules:
            if (
                rule.fault in get_args(RequestFault)
                and rule.method.upper() in ("", method)
                and rule.path in path
                and rule.about in path
            ):
                self._use(rule)
                return rule.fault  # type: ignore[return-value]
        return None

    def of_metadata(self, form: Json) -> RequestFault | None:
        """The fault that a request's own metadata names; once for the same parameters, so that a repeat succeeds."""
        metadata, key = form.get("metadata"), json.dumps(form, sort_keys=True)
        named = metadata.get(TRIGGER) if isinstance(metadata, dict) else None
        if named not in get_args(RequestFault) or key in self._triggered:
            return None
        self._triggered.add(key)
        return named

    def of_event(self, kind: str, about: str, also: str) -> EventFault | None:
        """The fault of one event: of a rule, or `also`, which the card or the payment's metadata names."""
        for rule in self.rules:
            if rule.fault in get_args(EventFault) and kind.startswith(rule.type) and rule.about in ("", about):
                self._use(rule)
                return rule.fault  # type: ignore[return-value]
        return also if also in get_args(EventFault) else None  # type: ignore[return-value]

    def _use(self, rule: Rule) -> None:
        rule.times -= 1
        if rule.times <= 0:
            self.rules.remove(rule)
