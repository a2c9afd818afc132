"""The simulated carriers: they book parcels, move them when told or by themselves, and report to the shop."""

import hashlib
import hmac
import itertools
import json
from datetime import timedelta
from functools import partial

import httpx

from sandbox.carrier.options import CarrierOptions
from sandbox.carrier.parcels import WORDS, Parcel, Report, tracking_number
from sandbox.simulator import Clock, Simulator


class Carriers(Simulator):
    """All carriers of the shop. `start` before the first report is due, `stop` at the end.

    Args:
        options: where the shop is, secrets, timings.
        clock: the time; a VirtualClock moves parcels at once under a test's control.
        http: the client that sends reports; left out, an own one is opened by `start` and closed by `stop`.
    """

    def __init__(
        self, options: CarrierOptions, *, clock: Clock | None = None, http: httpx.AsyncClient | None = None
    ) -> None:
        self.options = options
        super().__init__(clock=clock, http=http, timeout_seconds=options.timeout_seconds, speed=options.speed)
        self.automatic = options.automatic
        self.parcels: dict[int, Parcel] = {}
        self._ids = itertools.count(1)

    def reset(self) -> None:
        """Forget every parcel; waiting reports are never sent."""
        self.forget_waiting()
        self.automatic = self.options.automatic
        self.parcels.clear()

    def book(self, carrier: str, reference: str, tracking: str | None, *, automatic: bool | None = None) -> Parcel:
        """Take a parcel; without a tracking reference the carrier makes one. Booking again finds the same parcel."""
        for known in self.parcels.values():
            if (known.carrier, known.reference) == (carrier, reference) and tracking in (None, known.tracking):
                return known
        moves = self.automatic if automatic is None else automatic
        number = next(self._ids)
        parcel = Parcel(
            number, carrier, reference, tracking or tracking_number(carrier), self.clock.now(), automatic=moves
        )
        self.parcels[number] = parcel
        if moves:
            times = (self.options.pick_up_seconds, self.options.transit_seconds, self.options.delivery_seconds)
            for seconds, what in zip(times, ("picked_up", "in_transit", "delivered"), strict=True):
                self._after(seconds, parcel, what)
        return parcel

    async def happen(self, parcel: Parcel, what: str, *, minutes_ago: float = 0) -> Report:
        """Let something happen to a parcel and report it; `minutes_ago` dates it back."""
        said, description = WORDS[what]
        report = Report(
            id=f"{parcel.carrier}-{parcel.id}-{len(parcel.reports) + 1}",
            said=said,
            description=description,
            occurred_at=self.clock.now() - timedelta(minutes=minutes_ago),
        )
        parcel.reports.append(report)
        await self.send(parcel, report)
        return report

    async def twice(self, parcel: Parcel) -> Report:
        """Send the last report again, byte for byte; a parcel without any is picked up first."""
        report = parcel.reports[-1] if parcel.reports else await self.happen(parcel, "picked_up")
        await self.send(parcel, report)
        return report

    async def out_of_order(self, parcel: Parcel) -> Report:
        """Report the delivery, and only then that the parcel was in transit an hour before."""
        await self.happen(parcel, "delivered")
        return await self.happen(parcel, "in_transit", minutes_ago=60)

    async def send(self, parcel: Parcel, report: Report, *, retry: int = 0) -> None:
        """POST a report, signed; what the shop did not take is sent again later, a few times."""
        body = json.dumps(
            {
                "id": report.id,
                "reference": parcel.reference,
                "tracking": parcel.tracking,
                "status": report.said,
                "occurred_at": report.occurred_at.isoformat(),
                "description": report.description,
            }
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "Salama-Signature": signature(
                self.options.secrets[parcel.carrier], body, int(self.clock.now().timestamp())
            ),
        }
        report.tries += 1
        url = f"{self.options.hooks_url}/{parcel.carrier}"
        try:
            response = await self.http.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            report.status, report.answer = None, type(error).__name__
        else:
            report.status, report.answer = response.status_code, response.text[:500]
        if (report.status is None or report.status >= 500) and retry < len(self.options.retry_seconds):
            again = partial(self.send, parcel, report, retry=retry + 1)
            self.clock.after(self.options.retry_seconds[retry] / self.options.speed, again)

    def _after(self, seconds: float, parcel: Parcel, what: str) -> None:
        async def step() -> None:
            if parcel.state != "delivered":
                await self.happen(parcel, what)

        self.after(seconds, step)


def signature(secret: str, body: bytes, at: int) -> str:
    """The header that proves who sent a body, and when (Unix seconds)."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
