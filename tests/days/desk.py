"""The desk: somebody of the staff with a browser, an authenticator app, and an Idempotency-Key for each thing to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from hypothesis.stateful import precondition, rule

from commerce.identity import keys
from commerce.identity.second_factor import STEP_SECONDS
from tests.days.buyers import Buyers
from tests.support import tokens

Request = tuple[str, str, dict[str, Any], dict[str, str]]


class Desk(Buyers):
    """The deployment with one who works there: an admin, who enrolled an app before the day began."""

    def sign_in(self) -> None:
        """Sign in and enrol an authenticator app."""
        patch = self.closing.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(keys, "fetch_document", tokens.DOCUMENTS.fetch)
        self.cloud.plan.environments["serve_staff"]["IDENTITY_PROVIDERS"] = tokens.PROVIDERS
        self.last: tuple[Request, str, tuple[int, Any]] | None = None
        self.spent = 0
        signed_in = int(self.cloud.now().timestamp())
        self.bearer = tokens.token(sub="admin-1", roles=["admin"], auth_time=signed_in)
        status, enrolment = self._call(("POST", "/admin/second-factor", {}, {}))
        assert status == 201, enrolment
        self.app = pyotp.TOTP(enrolment["secret"])
        assert self._call(("POST", "/admin/second-factor/confirm", {"code": self._next_code()}, {}))[0] == 200

    def staff(self, line: str, method: str, path: str, **body: Any) -> int:
        """Do something at the desk, once; return the status."""
        headers = {"idempotency_key": f"staff {len(self.story)}", "x_one_time_code": self._next_code()}
        request = (method, path, body | {"reason": "a reason"}, headers)
        answer = self._call(request)
        self.last = (request, line, answer)
        self.answered(f"staff {line}", answer)
        return answer[0]

    @precondition(lambda self: self.last is not None and self.last[2][0] < 400)
    @rule()
    def staff_send_it_again(self) -> None:
        """The same request with its key: it is not refused, and not done again (`Witness` counts its events)."""
        assert self.last is not None
        (method, path, body, headers), line, _ = self.last
        answer = self._call((method, path, body, headers | {"x_one_time_code": self._next_code()}))
        self.answered(f"staff send it again: {line}", answer)
        assert answer[0] < 400 or self.rough, answer

    def _next_code(self) -> str:
        """Return the app's next code; each is good for one request, so at times it is waited for."""
        if self._step() == self.spent:
            self.cloud.run(timedelta(seconds=STEP_SECONDS))
        self.spent = self._step()
        return self.app.at(self.cloud.now())

    def _step(self) -> int:
        return int(self.cloud.now().timestamp()) // STEP_SECONDS

    def _call(self, request: Request) -> tuple[int, Any]:
        method, path, body, headers = request
        return self.insist(method, path, body, authorization=f"Bearer {self.bearer}", **headers)
