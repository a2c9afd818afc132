"""What built functions work with: the deployed template on an emulator, real simulators, and orders in every state."""

from __future__ import annotations

import hmac
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx

from commerce.audit.archive import Archive
from commerce.audit.archive_events import archive_events
from commerce.audit.desk import AuditDesk, TrailDesk
from commerce.audit.digest import AuditKey
from commerce.board.project_order import project_order
from commerce.board.store import Board
from commerce.checkout.desk import CheckoutDesk
from commerce.checkout.place_order import Placement, place_order
from commerce.payments.links import CallbackLinks, Purpose
from commerce.payments.messages import CheckMessage
from commerce.payments.port import LookUpOutcome, Paid, PaymentClaim
from commerce.payments.registry import ProviderContext, providers
from commerce.payments.store import Account
from sandbox.stack import Stack, start
from sandbox.stack.schedule import disable_scheduled_rules
from sandbox.stack.startup import CARRIER_SECRET, SECRET, STRIPE_SECRET
from tests.handlers.event_files import FOLDER, PLACEHOLDER, Event, load_signed
from tests.support.nights import DAY, Night, client, heads, record_of, refuse
from tests.support.parcels import ship
from tests.support.shop import MovableClock, Shop, checkout_request
from tests.support.tokens import PEOPLE
from tests.support.vouchers import publish, voucher

LAPTOP, OTHER = "LAP-T480-16-512", "LAP-XPS13-8-256"
#: Nobody calls a function but the tests; the shop's door stands open, as in the events, and so does the second factor.
PARAMETERS = {
    "DoorSecretId": "",
    "SecondFactor": "off",
    # All events are of one phone.
    "PromptsPerPhonePerHour": "1000",
    # The events of last checks and last tries fit three delays and two.
    "CheckDelaysSeconds": "20,30,60",
    "RefundDelaysSeconds": "30,60",
}


@dataclass
class World:
    """A deployed shop. Orders come from the shop in this process, which shares its tables."""

    stack: Stack
    shop: Shop
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def furnish(self) -> None:
        """Sell what the events name, and have callbacks addressed as deployed functions address theirs."""
        self.shop.till = replace(self.shop.till, links=self._links)
        self.shop.desk = replace(self.shop.desk, till=self.shop.till)
        for sku, stock in ((LAPTOP, 500), (OTHER, 5), ("LENOVO-THINKPAD-T480", 5), ("STAFF-MUG", 5)):
            self.shop.sell(sku, stock=stock)
        for promised in (voucher("KARIBU10"), voucher("DELIVERED", "free_shipping")):
            publish(self.shop.database, self.shop.clock, promised)

    @cached_property
    def real(self) -> CheckoutDesk:
        """The desk of a shop whose provider is the Daraja simulator."""
        context = ProviderContext(self.variables("start_checkout"), self.shop.database, self.shop.clock, self.secret)
        return replace(self.shop.desk, till=replace(self.shop.till, providers=providers(context)))

    @cached_property
    def archive(self) -> Archive:
        """The template's own archive."""
        return Archive(client("s3", self.stack.aws_url), self.variables("archive_events")["ARCHIVE_BUCKET"])

    @cached_property
    def _night(self) -> Night:
        """The template's own archive and key, and an order of `DAY`, which is over."""
        url, log = self.stack.aws_url, self.shop.till.log
        key = AuditKey(client("kms", url), self.variables("anchor_audit")["AUDIT_KEY_ID"])
        archive, trails = self.archive, TrailDesk(log, heads(self.shop))
        night = Night(self.shop, AuditDesk(trails, archive, key, self.shop.clock), archive.client)
        with self.at(datetime.fromisoformat(f"{DAY}T09:00:00+00:00")):
            subject = self.paid().order.subject
        own = [item for item in night.raw() if item["pk"]["S"] == subject]
        archive_events([record_of(item, place) for place, item in enumerate(own)], archive, refuse)
        return night

    @cached_property
    def _segments(self) -> set[str]:
        return {key for key in self._night.archive.segments_of(DAY) if f"-{0:021d}-" in key}

    @cached_property
    def _links(self) -> CallbackLinks:
        return CallbackLinks(self.stack.api_url, [self.secret(SECRET)["callback_key"]])

    @cached_property
    def configurations(self) -> dict[str, dict[str, Any]]:
        """What the template says of each function, as deployed: handler, time-out, environment."""
        read = self.stack.lambda_.get_function_configuration
        return {name: dict(read(FunctionName=arn)) for name, arn in self.stack.functions.items()}

    def variables(self, function: str) -> dict[str, str]:
        """Return a function's environment as the template makes it."""
        return {
            **self.configurations[function]["Environment"]["Variables"],
            "AWS_ENDPOINT_URL": self.stack.aws_url,
            # There is no X-Ray here to send traces to.
            "POWERTOOLS_TRACE_DISABLED": "1",
        }

    def event(self, function: str, case: str, **known: object) -> Event:
        """Read an event; its people are signed in by this world's issuer, and its key is new."""
        text = (FOLDER / function / f"{case}.json").read_text(encoding="utf-8")
        asked = {name for name in PLACEHOLDER.findall(text) if not name.startswith("token_of_")}
        event = load_signed(function, case, self.token_of, {name: known[name] for name in asked})
        if "idempotency-key" in event.get("headers", ()):
            event["headers"]["idempotency-key"] += f" {next(self._numbers)}"
        return event

    def token_of(self, person: str) -> str:
        """Sign somebody in."""
        now = int(time.time())
        claims = {"iss": self.stack.issuer.url, "aud": "salama-local", "iat": now, "exp": now + 3600}
        return self.stack.issuer.sign({**claims, "email_verified": True, **PEOPLE[person]})

    def token(self, purpose: Purpose, number: str) -> str:
        """Return what the shop put into the callback address of an order's first attempt, or of its refund."""
        return self._links.address(purpose, number, 1).rsplit("/", 1)[1]

    def secret(self, name: str) -> dict[str, str]:
        """Read a secret, as a function would."""
        manager = client("secretsmanager", self.stack.aws_url)
        found: dict[str, str] = json.loads(manager.get_secret_value(SecretId=name)["SecretString"])
        return found

    def signed(self, body: bytes, carrier: str | None) -> str:
        """Sign a body as a carrier does, or Stripe."""
        known = self.secret(CARRIER_SECRET)
        key = known.get(carrier, "") if carrier else self.secret(STRIPE_SECRET)["webhook_secrets"]
        moment = int(time.time())
        digest = hmac.new(key.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
        return f"t={moment},v1={digest}"

    def order(self, sku: str = "", *, stock: int = 5) -> Placement:
        """Place an order: of a SKU of its own, or of the one that is named."""
        name = self._name()
        if not sku:
            self.shop.sell(sku := name, stock=stock)
        return self.shop.order(f"order of {name}", (sku, 1))

    def settled(self, placed: Placement, outcome: LookUpOutcome, claim: PaymentClaim | None = None) -> Placement:
        """Let the provider say how an order's payment ended."""
        self.shop.provider.on_look_up = lambda _: outcome
        self.shop.verify(placed, claim=claim)
        self.shop.provider.on_look_up = None
        return placed

    def paid(self) -> Placement:
        """Place an order that is paid and on the board."""
        placed = self.settled(self.order(), Paid())
        project_order(Board(self.shop.database), self.shop.till.payments, placed.order.number)
        return placed

    def shipped(self) -> Placement:
        """Place an order that is paid and with DHL."""
        placed = self.settled(self.order(), Paid())
        ship(self.shop, placed)
        return placed

    def due(self) -> Placement:
        """Place an order of two hours ago that nobody paid."""
        with self.at(datetime.now(UTC) - timedelta(hours=2)):
            return self.order()

    def lost_check(self) -> Placement:
        """Place an order of which a check became a dead letter."""
        placed = self.order()
        letter = CheckMessage(placed.order.number, 1).to_json()
        self.stack.sqs.send_message(QueueUrl=self.stack.queues["PaymentDeadLetters"], MessageBody=letter)
        return placed

    def late(self) -> Placement:
        """Place an order of two hours ago that was paid after its goods were sold to somebody else."""
        with self.at(datetime.now(UTC) - timedelta(hours=2)):
            placed = self.order(stock=1)
            assert self.shop.expire(placed)
            self.shop.order(f"instead of {placed.order.number}", (placed.order.terms.lines[0].sku, 1))
            return self.settled(placed, Paid(), self._claim(placed, 180_000))

    def doubtful(self) -> Placement:
        """Place an order of which a callback claims too little money."""
        placed = self.order()
        return self.settled(placed, Paid(), self._claim(placed, 100))

    def prompted(self, action: str = "") -> Placement:
        """Place an order whose prompt is on a phone of the Daraja simulator, and let the buyer act on it."""
        self.shop.sell(sku := self._name(), stock=5)
        payment = {"method": "mpesa", "phone": f"07123{next(self._numbers):05}"}
        placed = place_order(self.real, checkout_request((sku, 1), payment=payment), f"order of {sku}")
        if action:
            with httpx.Client(base_url=f"{self.stack.base_url}/sandbox/daraja/api", trust_env=False) as phone:
                [prompt] = phone.get("/pushes", params={"reference": placed.order.number}).json()["items"]
                phone.post(f"/prompts/{prompt['id']}", json={"action": action, "pin": "1234"}).raise_for_status()
        return placed

    def audited(self, *, signed: bool = True, verified: bool = False) -> None:
        """Have the archive hold one paid order of `DAY` and nothing else of that day; sign for it, and verify it."""
        night = self._night
        for key in night.archive.segments_of(DAY):
            if key not in self._segments:
                night.s3.delete_object(Bucket=night.archive.bucket, Key=key)
        if signed:
            night.anchor()
        if verified:
            night.verify()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let this process's shop live at another moment."""
        now, self.shop.clock.moment = self.shop.clock.moment, moment
        yield
        self.shop.clock.moment = now

    def account(self, number: str) -> Account:
        """Read an order with its payments."""
        account = self.shop.till.payments.account(number)
        assert account is not None
        return account

    def event_types(self, number: str) -> list[str]:
        """Read the types of an order's trail."""
        return [event.type for event in self.shop.till.log.trail(f"order/{number}")]

    def empty(self, queue: str) -> None:
        """Leave nothing on a queue of the template, nor what an earlier event put there to be seen later."""
        self.stack.sqs.purge_queue(QueueUrl=self.stack.queues[queue])

    def take(self, queue: str) -> list[str]:
        """Take what is visible on a queue of the template."""
        url, bodies = self.stack.queues[queue], []
        while found := self.stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                bodies.append(message["Body"])
                self.stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def _name(self) -> str:
        return f"GOODS-{next(self._numbers)}"

    def _claim(self, placed: Placement, amount: int) -> PaymentClaim:
        references = self.shop.account(placed).attempts[1].references
        return PaymentClaim(references, "0", receipt=receipt_of(placed.order.number), amount=amount)


def receipt_of(number: str) -> str:
    """Return the receipt of the money that came late, or in doubt, for an order."""
    return f"TK{number[:8]}"


@contextmanager
def deployed() -> Iterator[World]:
    """Deploy the template to an emulator, with the simulators; nobody but the tests calls its functions."""
    with start(speed=1, seeded=False, parameters=PARAMETERS) as stack:
        disable_scheduled_rules(stack.events)
        for mapping in stack.lambda_.list_event_source_mappings()["EventSourceMappings"]:
            stack.lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        world = World(stack, Shop(stack.database, MovableClock(datetime.now(UTC))))
        world.furnish()
        yield world
