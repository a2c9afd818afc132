"""Send something on its way again: a dead letter to its queue, a lost message, events to the bus.

Every consumer takes a message any number of times, so sending one too many does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from commerce.audit.archive import Archive
from commerce.healing.desk import HealingDesk
from commerce.healing.ground import Ground
from commerce.healing.model import Case, Kind
from commerce.healing.playbooks.playbook import Outcome, Playbook, Warrant
from commerce.kernel.clock import from_text, to_text
from commerce.kernel.events import Event
from commerce.payments.messages import RefundMessage

#: Events put on the bus again at a time; one batch of the stream holds 50.
MOST_EVENTS = 500
#: The stream tells when records came to it, to the second.
_MARGIN = timedelta(seconds=5)


def _effects(case: Case) -> list[str]:
    match case.kind:
        case Kind.UNSENT_MAIL:
            return ["Has the e-mail written and sent once more, unless it was sent meanwhile."]
        case Kind.STUCK_REFUND:
            return [
                f"Has refund {case.finding.facts['refund']} worked on again: the provider is asked under the refund's "
                "own reference, which it carries out once."
            ]
        case Kind.PAYMENT_UNDER_REVIEW:
            return ["Has the provider asked for its own record of the payment once more."]
        case Kind.UNDELIVERED_EVENT:
            return [f"Puts the archived events of that time on the bus once more, at most {MOST_EVENTS}."]
    return [f"Sends the message back to the queue {case.finding.queue}, as it is.", "If it fails again, it comes back."]


def _refuse(desk: HealingDesk, case: Case, ground: Ground) -> str | None:
    if ground.finding is None:
        return "It is in order."
    match case.kind:
        case Kind.PAYMENT_UNDER_REVIEW if "attempt" not in case.finding.facts:
            return "There is nothing to ask the provider for."
        case Kind.STUCK_REFUND if ground.finding.sign == "outside":
            return "This refund was made beside the shop; only the provider can finish it."
        case Kind.UNDELIVERED_EVENT if desk.archive is None or desk.publish is None:
            return NOT_HERE
        case Kind.UNMATCHED_MONEY if ground.finding.sign != "booked":
            return "The shop still knows no payment of this receipt."
        case Kind.DEAD_LETTER if case.finding.queue is None or case.finding.body is None:
            return "It has no queue to go back to."
    return None


#: What only the scheduled run can do.
NOT_HERE = "The next run does this."


def _act(desk: HealingDesk, case: Case, ground: Ground, warrant: Warrant) -> Outcome:
    finding = case.finding
    match case.kind:
        case Kind.STUCK_REFUND:
            message = RefundMessage(str(finding.order_number), int(finding.facts["refund"]))
            desk.queues.send("refund", message.to_json())
            return Outcome("The refund is worked on again.")
        case Kind.PAYMENT_UNDER_REVIEW:
            message = RefundMessage(str(finding.order_number), int(finding.facts["attempt"]), "record")
            desk.queues.send("refund", message.to_json())
            return Outcome("The provider is asked for its record again.")
        case Kind.UNDELIVERED_EVENT:
            return _publish(desk, case)
    desk.queues.send(str(finding.queue), str(finding.body))
    # An e-mail leaves its mark when it was sent; of other messages nothing more is seen unless they come back.
    return Outcome(f"Sent to the queue {finding.queue}.", done=case.kind is not Kind.UNSENT_MAIL)


def _publish(desk: HealingDesk, case: Case) -> Outcome:
    assert desk.archive is not None
    assert desk.publish is not None
    events = list(islice(_between(desk.archive, case), MOST_EVENTS))
    for start in range(0, len(events), 10):
        desk.publish(events[start : start + 10])
    return Outcome(f"{len(events)} events were put on the bus again.", done=True)


def _between(archive: Archive, case: Case) -> Iterator[Event]:
    first = from_text(str(case.finding.facts["first"])) - _MARGIN
    last = from_text(str(case.finding.facts["last"])) + _MARGIN
    # A segment begins before the events in it: it is looked for from a little earlier on.
    after = f"events/{first - timedelta(minutes=1):%Y-%m-%d/%H%M%S}"
    for key in archive.segments(after, last):
        yield from (event for event in archive.read(key) if to_text(first) <= event.at <= to_text(last))


REQUEUE = Playbook(effects=_effects, refuse=_refuse, act=_act)
