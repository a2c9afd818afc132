"""Staff, who sign in with their second factor, and the carrier: whoever gets no answer asks again."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp

from commerce.identity.enrol_second_factor import confirm_second_factor, enrol_second_factor
from commerce.identity.second_factor_desk import SecondFactorDesk
from commerce.runtime.secret_box import KmsBox
from tests.handlers.world import CARRIER_SECRET
from tests.support.cloud.cloud import BROWSER_TRIES, Cloud
from tests.support.parcels import TRACKING
from tests.support.second_factor import just_signed_in
from tests.support.tokens import token

STAFF = "staff-1"


@dataclass
class Staff:
    """An admin with an authenticator app, which was enrolled before the story began."""

    cloud: Cloud
    _bearer: str = field(init=False)
    _app: pyotp.TOTP = field(init=False)

    def __post_init__(self) -> None:
        self._bearer = token(sub=STAFF, roles=["admin"])
        shop, caller = self.cloud.shop, just_signed_in(self.cloud.shop, STAFF)
        key = self.cloud.plan.environments["serve_staff"]["SECOND_FACTOR_KEY_ID"]
        desk = SecondFactorDesk(shop.database, shop.clock, KmsBox(key))
        self._app = pyotp.TOTP(enrol_second_factor(desk, caller).secret)
        confirm_second_factor(desk, caller, self._app.at(shop.clock.now()))

    def post(self, path: str, body: Any, key: str) -> tuple[int, Any]:
        """Do something, with the app's present code; again after an error, as the page does, with the same key."""
        status, answer = 0, None
        for _ in range(BROWSER_TRIES):
            status, answer = self.cloud.request(
                "POST",
                path,
                body,
                authorization=f"Bearer {self._bearer}",
                idempotency_key=key,
                x_one_time_code=self._app.at(self.cloud.now()),
            )
            if status < 500:
                break
            self.cloud.run(timedelta(seconds=5))
        return status, answer

    def ship(self, number: str) -> int:
        """Hand all of an order to the carrier; return the status."""
        return self.post(f"/admin/orders/{number}/shipments", {"carrier": "dhl", "tracking": TRACKING}, "parcel")[0]

    def give_back(self, number: str, **wish: Any) -> int:
        """Give money back; return the status."""
        body = {"everything": True, "reason": "A wish of the buyer", **wish}
        return self.post(f"/admin/orders/{number}/refunds", body, "back")[0]

    def cancel(self, number: str) -> int:
        """Cancel an order; return the status."""
        return self.post(f"/admin/orders/{number}/cancel", {"reason": "A wish of the buyer"}, "cancel")[0]


def carrier_reports(cloud: Cloud, number: str, status: str) -> None:
    """Have the carrier post what became of an order's first parcel; it posts again until it is answered with 2xx."""
    body = json.dumps(
        {
            "id": f"dhl-{status}",
            "reference": f"{number}-S1",
            "tracking": TRACKING,
            "status": status,
            "occurred_at": cloud.now().isoformat(),
        }
    )

    def post() -> None:
        moment = int(time.time())
        secret = CARRIER_SECRET["dhl"].partition(",")[0]
        digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), "sha256").hexdigest()
        cloud.insist("POST", "/hooks/carriers/dhl", body, salama_signature=f"t={moment},v1={digest}")

    cloud.later("carrier's report", timedelta(seconds=2), post)
