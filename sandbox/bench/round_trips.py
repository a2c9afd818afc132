"""Round trips per flow, beside their budgets."""

from __future__ import annotations

from sandbox.bench.expected import counted, differences, expected
from sandbox.bench.flows import DUE, WAITING, Flows
from sandbox.bench.flows_of_trust import COMPARING, NOTHING_WRONG, VERIFY
from sandbox.bench.opening import VOUCHERS
from sandbox.bench.report import Section

#: From the project's performance budgets.
BUDGETS = {
    "checkout": "1 read, 1 write, then the provider",
    "checkout again, same key": "1 failing write, no read (ADR 1: 1 read, no write)",
    "card: checkout": "1 read, 1 write, then the provider",
    "card: checkout again, same key": "1 failing write, no read (ADR 1: 1 read, no write)",
    **dict.fromkeys((f"checkout with {name}" for name in VOUCHERS), "1 read, 1 write, then the provider"),
    "checkout, signed in": "1 read, 1 write, then the provider",
    "checkout, client key, within its lease": "1 read, 1 write, then the provider",
    "checkout with credit for a part": "1 read, 1 write, then the provider",
    "checkout with credit for all": "1 read, 1 write, then the settlement",
    "callback": "0 reads, 1 send",
    "card: webhook": "0 reads, 1 send",
    "carrier: webhook": "0 reads, 1 send",
    **dict.fromkeys(("settle", "card: settle", "settle, credit for a part"), "1 read, 1 provider, 1 write"),
    **dict.fromkeys(("status", "card: status", "status, with a parcel"), "1 read (its rate limit is 1 write more)"),
    "sweep: 0 due": "grows with what is due",
    f"sweep: 0 due, {WAITING:,} waiting": "as with none waiting",
    f"sweep: {DUE} due, attempts ended": "grows with what is due",
    f"sweep: {DUE} due, attempts live": "grows with what is due",
}

#: Flows whose requests are written out however many there are.
SPELT_OUT = frozenset({NOTHING_WRONG, COMPARING, VERIFY, "staff: refund a part"})


def round_trips(flows: Flows, engine: str) -> Section:
    """Count what each flow sent."""
    section = Section("Round trips per flow")
    section.notes = [
        f"Requests that botocore's real clients sent (before-send hooks), retries included; tables on {engine}, the "
        "rest on ministack, the providers local HTTP servers.",
        "Everything is warm: OAuth token, secrets, connections, modules. A cold worker reads each secret once, and "
        "Daraja's shared token once.",
        "checkout's second write records what the provider answered; no buyer's money depends on it. Where store "
        "credit covers all, it is the settlement, and what came of it is read again.",
    ]
    changed = differences(expected(), counted(flows))
    section.notes.append(
        f"A test holds them to `sandbox/bench/expected.json`, which says otherwise: {'; '.join(changed)}."
        if changed
        else "As a test holds them (`sandbox/bench/expected.json`): none has grown a request or a unit since."
    )
    if engine != "dynoxide":
        section.missing.append(
            "dynoxide is not installed (`make install-engines`, needs npm): ministack stood in for it"
        )
    table = section.table("In order", "flow", "reads", "writes", "provider", "other", "budget", "requests")
    for name, (_, measured) in flows.done.items():
        calls = measured.calls
        requests = calls.text() if len(calls.sent) < 12 or name in SPELT_OUT else "as above for each"
        table.add(name, calls.reads, calls.writes, calls.providers, calls.others, BUDGETS.get(name, "-"), requests)
    return section
