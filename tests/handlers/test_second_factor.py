"""Staff who move money show a second factor: enrolled by a fresh sign-in, spent code by code, taken away by admins."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from commerce.checkout.place_order import Placement
from commerce.identity.claims import Caller
from commerce.identity.permissions import Role
from commerce.identity.second_factor import subject_of
from commerce.identity.second_factor_store import SecondFactorRow
from commerce.runtime import wiring
from commerce.runtime.door import Visitor
from tests.handlers.staff_calls import paid, problem, staff
from tests.handlers.world import Answer, Log, World, body_of
from tests.support.tokens import token

_names = itertools.count(100)
REFUND = {"amount": 10_000, "reason": "A scratch"}


@pytest.fixture(autouse=True)
def _required(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SECOND_FACTOR", "required")
    wiring.staff_dependencies.cache_clear()
    # Every test has limits of its own.
    world.shop.clock.forward(timedelta(minutes=20))
    yield
    wiring.staff_dependencies.cache_clear()


class Person:
    """Somebody who works here, with an authenticator app."""

    def __init__(self, world: World, name: str, *roles: str) -> None:
        self.world, self.name = world, name
        now = int(world.shop.clock.now().timestamp())
        self.bearer = token(sub=name, roles=list(roles), auth_time=now, email=f"{name}@salama.example")
        self.secret = ""

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return staff(self.world, method, path, body, bearer=self.bearer, **more)

    def code(self, steps: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return pyotp.TOTP(self.secret).at(self.world.shop.clock.now(), counter_offset=steps)

    def enrol(self) -> dict[str, Any]:
        answer = self("POST", "/admin/second-factor")
        assert answer["statusCode"] == 201, answer
        enrolment: dict[str, Any] = body_of(answer)
        self.secret = enrolment["secret"]
        return enrolment

    def confirm(self, code: str | None = None) -> Answer:
        return self("POST", "/admin/second-factor/confirm", {"code": code or self.code()})


def enrolled(world: World, name: str, *roles: str) -> Person:
    """Somebody whose app made its first code a moment ago."""
    person = Person(world, name, *roles)
    person.enrol()
    assert body_of(person.confirm()) == {"enrolled": True}
    world.shop.clock.forward(timedelta(seconds=30))
    return person


def refunds_of(placed: Placement) -> str:
    return f"/admin/orders/{placed.order.number}/refunds"


def refunded(world: World, placed: Placement) -> int:
    return world.shop.account(placed).attempts[1].refunded


def test_money_moves_with_a_code_and_not_without(world: World) -> None:
    placed = paid(world)
    finance = Person(world, "finance-1", "finance")
    assert (
        "POST /admin/second-factor"
        in problem(finance("POST", refunds_of(placed), REFUND, code="123456"), 403, "second-factor-required")["detail"]
    )
    assert body_of(finance("GET", "/admin/second-factor")) == {"enrolled": False}
    enrolment = finance.enrol()
    assert enrolment["uri"].startswith("otpauth://totp/Salama:finance-1%40salama.example?secret=" + finance.secret)
    assert body_of(finance("GET", "/admin/second-factor")) == {"enrolled": False}
    problem(finance("POST", refunds_of(placed), REFUND, code=finance.code()), 403, "second-factor-required")
    assert body_of(finance.confirm()) == {"enrolled": True}
    assert body_of(finance("GET", "/admin/second-factor")) == {"enrolled": True}
    problem(finance("POST", refunds_of(placed), REFUND), 403, "second-factor-required")
    problem(finance("POST", refunds_of(placed), REFUND, code="000000"), 403, "second-factor-wrong")
    assert [fact["kind"] for fact in world.told()][-2:] == ["second_factor_refused"] * 2
    assert refunded(world, placed) == 0
    answer = finance("POST", refunds_of(placed), REFUND, code=finance.code(1))
    assert answer["statusCode"] == 201, answer
    assert refunded(world, placed) == 10_000
    [acted] = world.told()
    assert (acted["kind"], acted["who"], acted["detail"], acted["subject"]) == (
        "staff_acted",
        "finance-1",
        "open_refund",
        f"order/{placed.order.number}",
    )
    # What moves no money asks for none.
    assert finance("GET", "/admin/orders")["statusCode"] == 200


def test_a_code_is_good_for_one_request_and_none_before_it_after_that(world: World) -> None:
    placed = paid(world)
    finance = enrolled(world, "finance-2", "finance")
    later, code = finance.code(1), finance.code()
    assert finance("POST", refunds_of(placed), REFUND, code=later)["statusCode"] == 201
    for spent in (later, code):
        problem(finance("POST", refunds_of(placed), REFUND, code=spent), 403, "second-factor-wrong")
    world.shop.clock.forward(timedelta(seconds=60))
    assert finance("POST", refunds_of(placed), REFUND, code=finance.code())["statusCode"] == 201
    assert refunded(world, placed) == 20_000


def test_the_same_request_again_may_bring_its_code_again(world: World) -> None:
    """Its first answer was lost: what it asked for is done, and done once."""
    placed = paid(world)
    finance = enrolled(world, "finance-3", "finance")
    code = finance.code()
    first, again = (finance("POST", refunds_of(placed), REFUND, key="lost", code=code) for _ in range(2))
    assert (first["statusCode"], body_of(first)) == (again["statusCode"], body_of(again))
    assert "idempotent-replayed" not in first["headers"]
    assert again["headers"]["idempotent-replayed"] == "true"
    assert refunded(world, placed) == 10_000
    other = {**REFUND, "amount": 20_000}
    problem(finance("POST", refunds_of(placed), other, key="lost", code=code), 403, "second-factor-wrong")
    problem(finance("POST", refunds_of(placed), REFUND, key="other", code=code), 403, "second-factor-wrong")
    assert refunded(world, placed) == 10_000


def test_a_mistyped_request_costs_no_code(world: World) -> None:
    placed = paid(world)
    finance = enrolled(world, "finance-4", "finance")
    code = finance.code()
    problem(finance("POST", refunds_of(placed), {"reason": "A scratch"}, code=code), 422, "invalid-request")
    problem(finance("POST", refunds_of(placed), REFUND, code=code, key=None), 400, "bad-header")
    assert finance("POST", refunds_of(placed), REFUND, code=code)["statusCode"] == 201


@pytest.mark.parametrize(("steps", "status"), [(-2, 403), (-1, 201), (0, 201), (1, 201), (2, 403)])
def test_clocks_may_differ_by_a_step(world: World, steps: int, status: int) -> None:
    placed = paid(world)
    finance = enrolled(world, f"finance-{next(_names)}", "finance")
    world.shop.clock.forward(timedelta(seconds=90))
    assert finance("POST", refunds_of(placed), REFUND, code=finance.code(steps))["statusCode"] == status


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "abcdef", "¹²³⁴⁵⁶", "+12345", "1e4567"])
def test_what_is_no_code(world: World, code: str) -> None:
    placed = paid(world)
    finance = enrolled(world, f"finance-{next(_names)}", "finance")
    kind = "wrong" if code.strip() else "required"
    problem(finance("POST", refunds_of(placed), REFUND, code=code), 403, f"second-factor-{kind}")
    assert refunded(world, placed) == 0


def test_a_guesser_is_stopped_before_the_sixth_guess_and_the_right_code_with_them(world: World) -> None:
    placed = paid(world)
    finance = enrolled(world, "finance-5", "finance")
    wrong = next(f"{n:06d}" for n in range(10) if f"{n:06d}" not in {finance.code(step) for step in (-1, 0, 1)})
    for _ in range(5):
        problem(finance("POST", refunds_of(placed), REFUND, code=wrong), 403, "second-factor-wrong")
    told = problem(finance("POST", refunds_of(placed), REFUND, code=finance.code()), 429, "too-many-requests")
    assert 0 < told["retry_after"] <= 900
    assert refunded(world, placed) == 0
    world.shop.clock.forward(timedelta(seconds=told["retry_after"]))
    assert finance("POST", refunds_of(placed), REFUND, code=finance.code())["statusCode"] == 201


def test_right_codes_are_not_limited(world: World) -> None:
    placed = paid(world)
    finance = enrolled(world, "finance-6", "finance")
    for _ in range(8):
        world.shop.clock.forward(timedelta(seconds=30))
        assert finance("POST", refunds_of(placed), REFUND, code=finance.code())["statusCode"] == 201


def test_to_enrol_takes_a_sign_in_of_the_last_minutes(world: World) -> None:
    now = int(world.shop.clock.now().timestamp())
    for said in ({"auth_time": now - 601}, {"auth_time": None, "iat": now - 601}):
        old = token(sub="finance-7", roles=["finance"], **said)
        problem(staff(world, "POST", "/admin/second-factor", bearer=old), 403, "sign-in-too-old")
    fresh = token(sub="finance-7", roles=["finance"], auth_time=now - 600)
    assert staff(world, "POST", "/admin/second-factor", bearer=fresh)["statusCode"] == 201


def test_an_enrolment_waits_ten_minutes_and_is_replaced_by_the_next(world: World) -> None:
    finance = Person(world, "finance-8", "finance")
    problem(finance("POST", "/admin/second-factor/confirm", {"code": "123456"}), 403, "second-factor-required")
    finance.enrol()
    first = finance.code()
    finance.enrol()
    problem(finance.confirm(first), 403, "second-factor-wrong")
    world.shop.clock.forward(timedelta(seconds=601))
    problem(finance.confirm(), 403, "second-factor-required")


def test_an_active_one_is_not_enrolled_over(world: World) -> None:
    finance = enrolled(world, "finance-9", "finance")
    problem(finance("POST", "/admin/second-factor"), 409, "second-factor-enrolled-already")
    problem(finance.confirm(), 409, "second-factor-enrolled-already")
    assert body_of(finance("GET", "/admin/second-factor")) == {"enrolled": True}


def test_an_admin_takes_a_lost_one_away(world: World) -> None:
    finance = enrolled(world, "finance|10", "finance")
    admin, support = enrolled(world, "admin-10", "admin"), enrolled(world, "support-10", "support")
    path, why = "/admin/second-factor/finance|10", {"reason": "The phone was stolen"}
    problem(support("DELETE", path, why, code=support.code()), 403, "not-permitted")
    problem(admin("DELETE", path, why), 403, "second-factor-required")
    problem(admin("DELETE", path, {}, code=admin.code()), 422, "invalid-request")
    own = admin("DELETE", "/admin/second-factor/admin-10", why, code=admin.code())
    assert "Another admin" in problem(own, 403, "not-permitted")["detail"]
    world.shop.clock.forward(timedelta(seconds=30))
    world.told()
    code = admin.code()
    first, again = (admin("DELETE", path, why, code=code, key="lost") for _ in range(2))
    assert body_of(first) == body_of(again) == {"enrolled": False}
    assert again["headers"]["idempotent-replayed"] == "true"
    problem(finance("POST", "/admin/orders/0000000000/cancel", why, code=finance.code()), 403, "second-factor-required")
    changed = [fact for fact in world.told() if fact["kind"] == "second_factor_changed"]
    assert {(fact["who"], fact["detail"], fact["subject"]) for fact in changed} == {
        ("admin-10", "reset", subject_of("finance|10"))
    }
    trail = world.shop.till.log.trail(subject_of("finance|10"))
    assert [event.type for event in trail] == ["SecondFactorEnrolled", "SecondFactorConfirmed", "SecondFactorReset"]
    assert trail[-1].data == {"by": "admin-10", "reason": "The phone was stolen"}
    old = finance.secret
    finance.enrol()
    assert finance.secret != old
    world.shop.clock.forward(timedelta(seconds=30))
    assert body_of(finance.confirm()) == {"enrolled": True}
    world.shop.clock.forward(timedelta(seconds=30))
    problem(admin("DELETE", "/admin/second-factor/nobody", why, code=admin.code()), 404, "not-found")


def test_the_table_and_what_is_told_hold_no_secret(world: World, log: Log) -> None:
    placed = paid(world)
    finance = enrolled(world, "finance-11", "finance")
    code = finance.code()
    assert finance("POST", refunds_of(placed), REFUND, code=code)["statusCode"] == 201
    rows = world.shop.database.bind(SecondFactorRow, "staff")
    row = rows.get("finance-11")
    assert finance.secret.encode() not in row.secret
    told = "".join(str(fact) for fact in world.told()) + log.text
    assert finance.secret not in told
    assert f"'{code}'" not in told
    # Another's row in its place opens nothing: the encryption is bound to whose it is.
    other = enrolled(world, "finance-12", "finance")
    rows("finance-12").update(actions=[rows.secret.set(row.secret)])
    stolen = pyotp.TOTP(finance.secret).at(world.shop.clock.now())
    answer = world_answer(other, refunds_of(placed), stolen)
    assert answer != 201
    assert refunded(world, placed) == 10_000


def world_answer(person: Person, path: str, code: str) -> int | str:
    """What a request comes to that no honest row leads to."""
    try:
        return int(person("POST", path, REFUND, code=code)["statusCode"])
    except Exception as error:
        return type(error).__name__


def test_a_service_signs_instead_and_has_no_phone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Caller("service/erp", roles=frozenset({Role.ADMIN}), service=True)
    monkeypatch.setattr("commerce.runtime.staff_route.enter", lambda event, body: Visitor("192.0.2.1", None, service))
    placed = paid(world)
    assert staff(world, "POST", refunds_of(placed), REFUND)["statusCode"] == 201
    assert refunded(world, placed) == 10_000
    problem(staff(world, "POST", "/admin/second-factor"), 403, "not-permitted")
    why = {"reason": "The phone was stolen"}
    problem(staff(world, "DELETE", "/admin/second-factor/person-1", why), 403, "not-permitted")


def test_where_it_is_off_nobody_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_FACTOR", "off")
    wiring.staff_dependencies.cache_clear()
    placed = paid(world)
    finance = Person(world, "finance-13", "finance")
    assert finance("POST", refunds_of(placed), REFUND)["statusCode"] == 201
