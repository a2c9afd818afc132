"""Who signs in may buy as guests do, under keys of their own; a token that is no good buys nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commerce.kernel.ids import order_id, order_number
from commerce.payments.port import Refused
from commerce.payments.verify_payment import verify_payment
from commerce.runtime import wiring
from commerce.runtime.environment import SettingsError
from tests.handlers.event_files import Event, load
from tests.handlers.world import Answer, Calls, Log, World, body_of, problem_of
from tests.support import tokens

ROOT = Path(__file__).resolve().parents[2]
WANJIKU = tokens.PEOPLE["wanjiku"]["sub"]


@pytest.fixture(scope="module", autouse=True)
def _goods(_world: World) -> None:
    _world.shop.sell("LAP-T480-16-512", stock=50)


def order(key: str, token: str | None) -> Event:
    event = load("start_checkout", "place_order")
    event["headers"]["idempotency-key"] = key
    if token is not None:
        event["headers"]["authorization"] = token if " " in token else f"Bearer {token}"
    return event


def place(world: World, key: str, token: str | None) -> Answer:
    answer: Answer = world.call("start_checkout", order(key, token))
    return answer


def number_of(answer: Answer) -> str:
    assert answer["statusCode"] in {200, 201}, answer
    return str(body_of(answer)["order"]["number"])


def test_a_customer_places_an_order(world: World) -> None:
    answer = world.play("start_checkout", "place_order_signed_in")
    key = load("start_checkout", "place_order_signed_in")["headers"]["idempotency-key"]
    assert answer["statusCode"] == 201
    assert number_of(answer) == order_number(order_id(f"customer/{WANJIKU}", key), 0)


def test_a_guests_key_stands_for_the_order_that_it_always_stood_for(world: World) -> None:
    assert number_of(place(world, "guest-key", None)) == order_number(order_id("guest", "guest-key"), 0)


def test_one_key_of_three_people_is_three_orders(world: World) -> None:
    wanjiku, other = tokens.token_of("wanjiku"), tokens.token(sub="another")
    numbers = [number_of(place(world, "shared", token)) for token in (None, wanjiku, other)]
    assert len(set(numbers)) == 3
    again = [place(world, "shared", token) for token in (None, wanjiku, other)]
    assert [number_of(answer) for answer in again] == numbers
    assert all(answer["headers"]["Idempotent-Replayed"] == "true" for answer in again)


def test_a_token_of_later_finds_the_same_order(world: World) -> None:
    """Tokens live for minutes: a replay comes with the next one, and the person is the same."""
    first = place(world, "renewed", tokens.token_of("wanjiku"))
    later = tokens.token(**tokens.PEOPLE["wanjiku"], iat=tokens.BEGINS + 600, jti="next")
    assert number_of(place(world, "renewed", later)) == number_of(first)


def test_the_schemes_case_does_not_matter(world: World) -> None:
    """RFC 9110, 11.1: an authentication scheme's name is a token whose case says nothing."""
    first = place(world, "scheme", tokens.token_of("wanjiku"))
    assert number_of(place(world, "scheme", f"bearer  {tokens.token_of('wanjiku')}")) == number_of(first)


def test_an_order_of_a_guest_is_paid_again_by_whoever_signed_in_since(world: World) -> None:
    number = number_of(place(world, "then-signed-in", None))
    world.shop.provider.on_look_up = lambda _: Refused("1032", "cancelled")
    verify_payment(world.shop.till, number, 1)
    event = load("retry_payment", "pay_again", order_number=number)
    event["headers"] |= {"authorization": f"Bearer {tokens.token_of('wanjiku')}", "idempotency-key": "again"}
    first = world.call("retry_payment", event)
    assert (first["statusCode"], number_of(first)) == (201, number)
    # The order's number and e-mail address open it, signed in or not: the key is the order's own.
    del event["headers"]["authorization"]
    assert world.call("retry_payment", event)["statusCode"] == 200


BAD: dict[str, str] = {
    "forged": tokens.SigningKey("test-1").sign(tokens.claims(sub=WANJIKU)),
    "expired": tokens.token(exp=tokens.BEGINS + 60),
    "garbage": "letmein",
    "another scheme": "Basic d2FuamlrdTpwYXNz",
    "a good token by another scheme": f"Token {tokens.token_of('wanjiku')}",
    "nothing after the scheme": "Bearer ",
    "two tokens": f"Bearer {tokens.token_of('wanjiku')},Bearer {tokens.token_of('achieng')}",
}


@pytest.mark.parametrize("case", BAD)
def test_a_token_that_is_no_good_buys_nothing(world: World, calls: Calls, log: Log, case: str) -> None:
    """Not even as a guest: somebody who thinks to be signed in must learn that they are not."""
    before = world.shop.stock("LAP-T480-16-512")
    problem = problem_of(place(world, f"bad {case}", BAD[case]), 401, "not-signed-in")
    assert problem.keys() == {"type", "title", "status", "detail"}
    assert world.shop.stock("LAP-T480-16-512") == before
    assert world.shop.provider.started == []
    assert "dynamodb:TransactWriteItems" not in calls.operations
    secret = BAD[case].removeprefix("Bearer ")
    assert not secret or (secret not in json.dumps(problem) and secret not in log.text)


def test_an_issuer_that_cannot_be_reached_is_no_sign_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wiring.tokens.cache_clear()
    monkeypatch.setattr(tokens.DOCUMENTS, "down", True)
    answer = place(world, "issuer down", tokens.token_of("wanjiku"))
    assert problem_of(answer, 503, "unavailable")["retry_after"] == 5
    assert place(world, "issuer down", None)["statusCode"] == 201, "guests buy on"
    wiring.tokens.cache_clear()


def test_providers_that_cannot_be_meant_are_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wiring.tokens.cache_clear()
    monkeypatch.setenv("IDENTITY_PROVIDERS", '[{"issuer": "http://identity.test", "audience": ["salama"]}]')
    with pytest.raises(SettingsError, match=r"IDENTITY_PROVIDERS: 0\.issuer: .* no https address"):
        wiring.tokens()
    monkeypatch.setenv("IDENTITY_PROVIDERS", "[]")
    problem_of(place(world, "nobody trusted", tokens.token_of("wanjiku")), 401, "not-signed-in")
    wiring.tokens.cache_clear()


def test_a_function_that_knows_no_issuers_takes_everybody_for_a_guest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDENTITY_PROVIDERS")
    number = number_of(place(world, "unknown here", "letmein"))
    assert number == order_number(order_id("guest", "unknown here"), 0)
    event: dict[str, Any] = load("serve_staff", "find_orders")
    assert world.call("serve_staff", event)["statusCode"] == 401


def test_a_guests_checkout_loads_nothing_that_verifies_tokens() -> None:
    """It would cost every cold start a tenth of a second."""
    code = (
        "import sys, functions.start_checkout.app\n"
        "from commerce.runtime.callers import caller_of\n"
        "assert caller_of({'headers': {'content-type': 'application/json'}}) is None\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'jwt', 'cryptography'}))"
    )
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'commerce'}", "IDENTITY_PROVIDERS": "[]"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "[]"
