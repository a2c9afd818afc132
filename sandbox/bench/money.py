"""What a thousand orders cost at AWS's list prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.bench.calls import READS, Calls
from sandbox.bench.flows import Flows
from sandbox.bench.flows_of_trust import ANCHOR, COMPARING, NOTHING_WRONG, ONE_EVENT, SECURITY_EVENT, VERIFIED, VERIFY
from sandbox.bench.life import (
    NO_SWEEP,
    PARTS,
    PLACING,
    REPORTS,
    WHOLE,
    Part,
    part_units,
)
from sandbox.bench.prices import REGION, WRITTEN, Prices, Work
from sandbox.bench.processor_time import Cost
from sandbox.bench.report import Section

BUDGET = 0.02
ORDERS = 1_000
MEMORY_GB = 1.0
#: Lambda gives a whole processor at 1,769 MB.
PROCESSOR_SHARE = 1024 / 1769
#: Milliseconds of AWS's side of a request inside a region, assumed: this machine has no AWS to measure.
LATENCY = {"TransactWriteItems": 15.0, "sqs": 8.0, "eventbridge": 10.0, "sesv2": 60.0, "s3": 30.0, "kms": 10.0}
READ_LATENCY, WRITE_LATENCY = 4.0, 6.0
#: The providers' own answers, assumed; billed while the function waits for them.
PROVIDER_LATENCY = {"daraja": 700.0, "stripe": 400.0}
#: Lambda's start and report lines, and API Gateway's access line, in bytes, as JSON with CloudWatch's own overhead.
PLATFORM_LOG, ACCESS_LOG = 700, 450
HTTP_FUNCTIONS = frozenset(
    {
        "start_checkout", "show_order", "check_voucher", "serve_staff",
        "receive_stk_callback", "receive_daraja_result", "receive_stripe_event", "receive_carrier_event",
    }
)  # fmt: skip
#: Listing costs as writing does.
S3_WRITES = frozenset({"s3:PutObject", "s3:ListObjectsV2"})
#: Send, receive, delete.
REQUESTS_A_MESSAGE = 3
#: Flows that were not timed take as long as these.
LIKE = {
    "checkout with a limited voucher": "checkout",
    "card: first check, already settled": "first check, already settled",
    "e-mail: placed": "e-mail: paid",
    "e-mail: expired": "e-mail: paid",
    "e-mail: parcel sent": "e-mail: paid",
    "check: nobody paid": "settle",
    "staff: refund a part": "staff: send a parcel",
    "refund: handed to the provider": "settle",
    "refund: done": "settle",
    "refund: webhook": "callback",
    "e-mail: refunded": "e-mail: paid",
    COMPARING: NOTHING_WRONG,
    ONE_EVENT: "relay",
    SECURITY_EVENT: "first check, already settled",
    **dict.fromkeys(("board: placed", "board: as it stood", "board: parcel sent"), "board: paid"),
}
NIGHTS = 30
SWEEPS_A_MONTH = 60 * 24 * NIGHTS
HEALINGS_A_MONTH = SWEEPS_A_MONTH // 5
COMPARISONS_A_MONTH = 24 * NIGHTS
#: Four more runs each night find nothing left to verify.
VERIFICATIONS_A_NIGHT = 4
#: Lambda asks each queue with five pollers, 20 s each, around the clock.
QUEUES = 6
EMPTY_RECEIVES_A_MONTH = QUEUES * 5 * SWEEPS_A_MONTH * 3
#: Daraja's, Stripe's, the carriers', the door's.
SECRETS = 4
#: The one that locks second factors' secrets away, and the one that signs for days.
KMS_KEYS = 2
#: What sends its own messages, and receives and deletes others'; elsewhere that is counted by message.
OWN_MESSAGES = frozenset({"heal_failures"})


@dataclass(frozen=True)
class Bill:
    """Works a flow's, an order's and a month's money out of what was measured."""

    flows: Flows
    costs: dict[str, Cost]
    alarms: int
    prices: Prices = field(default_factory=Prices)

    def work(self, name: str, *, waiting: bool = True) -> Work:
        """Return one run of a flow; without the wait for the provider if not `waiting`."""
        measured, function = self.flows[name], self.flows.function(name)
        over_http = function in HTTP_FUNCTIONS
        seconds = (self._processing(name) + _waits(measured.calls, provider=waiting)) / 1000
        return Work(
            invocations=1,
            gb_seconds=MEMORY_GB * seconds,
            http_requests=1.0 if over_http else 0,
            write_units=measured.units.write,
            read_units=measured.units.read,
            log_bytes=measured.log_bytes + PLATFORM_LOG + (ACCESS_LOG if over_http else 0),
            sqs_requests=measured.calls.of("sqs") if function in OWN_MESSAGES else 0,
            s3_writes=sum(name in S3_WRITES for name in measured.calls.sent),
            s3_reads=measured.calls.of("s3") - sum(name in S3_WRITES for name in measured.calls.sent),
            kms_requests=measured.calls.of("kms"),
        )

    def part(self, part: Part, *, waiting: bool = False) -> Work:
        """Return a part of an average order's life; the wait for providers is left out unless `waiting`."""
        runs = _sum(self.work(name, waiting=waiting).times(times) for name, times in part.runs.items())
        write, read = part_units(self.flows, part)
        through_queues = Work(sqs_requests=part.messages * REQUESTS_A_MESSAGE, bus_events=part.events)
        # The expiry's units: what the runs do not have.
        rest = Work(write_units=write - runs.write_units, read_units=read - runs.read_units)
        return runs + through_queues + rest

    def whole(self, *, waiting: bool) -> Work:
        """Return an average order's whole life: paid by M-Pesa, on the board, sent."""
        return _sum(self.part(part, waiting=waiting) for part in WHOLE)

    def month(self) -> dict[str, float]:
        """Return what is paid each month without a single order."""
        nightly = self.work(ANCHOR) + self.work(VERIFY) + self.work(VERIFIED).times(VERIFICATIONS_A_NIGHT)
        metrics = len(frozenset().union(*(self.flows[name].metrics for name in (NO_SWEEP, NOTHING_WRONG, VERIFY))))
        runs = SWEEPS_A_MONTH + HEALINGS_A_MONTH + NIGHTS * nightly.invocations
        return {
            "sweeps, one a minute": self._dollars(self.work(NO_SWEEP).times(SWEEPS_A_MONTH)),
            "healing, one in five minutes": self._dollars(
                self.work(NOTHING_WRONG).times(HEALINGS_A_MONTH - COMPARISONS_A_MONTH)
                + self.work(COMPARING).times(COMPARISONS_A_MONTH)
            ),
            "the audit's anchor and proof, each night": self._dollars(nightly.times(NIGHTS)),
            "X-Ray, a trace of each of these runs": runs * self.prices.trace,
            f"{KMS_KEYS} KMS keys": KMS_KEYS * self.prices.kms_key_month,
            f"{metrics} metrics that an idle shop tells": metrics * self.prices.metric_month,
            f"empty receives of {QUEUES} queues": EMPTY_RECEIVES_A_MONTH * self.prices.sqs_request,
            f"{SECRETS} secrets": SECRETS * self.prices.secret_month,
            f"{self.alarms} alarms": self.alarms * self.prices.alarm_month,
        }

    def _dollars(self, work: Work) -> float:
        return sum(work.dollars(self.prices).values())

    def _processing(self, name: str) -> float:
        """Return the milliseconds that Lambda's share of a processor needs."""
        known = self.costs.get(LIKE.get(name, name))
        milliseconds = known.usual / 1000 if known else self.flows[name].milliseconds
        return milliseconds / PROCESSOR_SHARE


def money(bill: Bill) -> Section:
    """Show what a thousand orders cost, by service."""
    section = Section(f"US dollars per {ORDERS:,} orders")
    section.notes = [
        f"List prices of {REGION} as of {WRITTEN}, not read from AWS's own list: check them there before relying on "
        f"them. No free tier; arm64, {MEMORY_GB:g} GB a function.",
        "The budget does not say whether it means placing an order or its whole life; all its parts stand beside it.",
        "Until paid: with the shop front's questions, the e-mails, and 10 % expiring. Board rows: of the events until "
        "then. A parcel: sent, moved and delivered, with its e-mails, reports and board rows. The archive: each event "
        "a file of its own, as in a quiet shop. Whole life: M-Pesa, board, parcel, archive; a refund comes on top.",
        "Included: Lambda requests and time, HTTP API, DynamoDB, its stream (free for Lambda), the bus, SQS, logs.",
        "Shown apart: X-Ray, e-mails, what is paid by the month. Not included: browsing, storage, backups, traffic.",
        "Billed time = processor time measured here, stretched to 1 GB's share, and AWS's latencies assumed: "
        f"{READ_LATENCY:g} ms a read, {WRITE_LATENCY:g} a write, {LATENCY['TransactWriteItems']:g} a transaction.",
        "Waiting for the provider is billed too, and shown in the last column; assumed are "
        + " and ".join(f"{milliseconds:g} ms a call of {name}" for name, milliseconds in PROVIDER_LATENCY.items())
        + ".",
    ]
    _by_service(section, bill)
    _by_flow(section, bill)
    _apart(section, bill)
    return section


def _by_service(section: Section, bill: Bill) -> None:
    columns = {name: bill.part(part) for name, part in PARTS.items()}
    columns |= {"whole life": bill.whole(waiting=False), "and waiting": bill.whole(waiting=True)}
    dollars = [work.times(ORDERS).dollars(bill.prices) for work in columns.values()]
    table = section.table("By service", "service", *columns)
    for service in dollars[0]:
        if any(column[service] for column in dollars):
            table.add(service, *(f"{column[service]:.4f}" for column in dollars))
    table.add("all", *(f"{sum(column.values()):.4f}" for column in dollars))
    table.add("budget", *[f"<= {BUDGET}"] * len(columns))


def _by_flow(section: Section, bill: Bill) -> None:
    table = section.table(
        "By flow, waiting for the provider left out", "part", "flow", "times", "billed ms", "WRU each", "dollars"
    )
    for part_name, part in PARTS.items():
        for name, times in part.runs.items():
            if part is not PLACING and name in PLACING.runs:
                continue
            work = bill.work(name, waiting=False)
            dollars = sum(work.times(times * ORDERS).dollars(bill.prices).values())
            billed = work.gb_seconds / MEMORY_GB * 1000
            table.add(part_name, name, times, billed, float(work.write_units), f"{dollars:.4f}")


def _apart(section: Section, bill: Bill) -> None:
    invocations, emails = bill.whole(waiting=True).invocations, 2.0 + REPORTS
    table = section.table("Apart", "what", "dollars")
    table.add("X-Ray, every invocation a trace (a quiet shop)", f"{invocations * ORDERS * bill.prices.trace:.4f}")
    table.add("X-Ray, 5 % of them (a busy one)", f"{invocations * ORDERS * bill.prices.trace * 0.05:.4f}")
    table.add(f"SES, {emails:g} e-mails", f"{emails * ORDERS * bill.prices.email:.4f}")
    told = bill.work(SECURITY_EVENT) + Work(sqs_requests=REQUESTS_A_MESSAGE)
    table.add("1,000 security events", f"{sum(told.times(1000).dollars(bill.prices).values()):.4f}")
    month = bill.month()
    for what, dollars in month.items():
        table.add(f"each month: {what}", f"{dollars:.2f}")
    table.add("each month: all that an idle shop pays", f"{sum(month.values()):.2f}")
    whole = bill.whole(waiting=False)
    units = ORDERS * (whole.write_units * bill.prices.write_unit + whole.read_units * bill.prices.read_unit)
    table.add("DynamoDB alone, whole life", f"{units:.4f}")


def _waits(calls: Calls, *, provider: bool) -> float:
    """Return the milliseconds that a function waits for others."""
    total = 0.0
    for name in calls.sent:
        service, _, operation = name.partition(":")
        if service in PROVIDER_LATENCY:
            total += PROVIDER_LATENCY[service] if provider else 0
        elif service == "dynamodb":
            total += LATENCY.get(operation, READ_LATENCY if operation in READS else WRITE_LATENCY)
        else:
            total += LATENCY[service]
    return total


def _sum(works: Iterable[Work]) -> Work:
    total = Work()
    for work in works:
        total += work
    return total
