"""/me and POST /products/{slug}/reviews as API Gateway calls them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from commerce.reviews.model import ReviewState
from commerce.reviews.store import Reviews
from functions.serve_customer.app import app
from tests.handlers.event_files import Event, load
from tests.handlers.world import Calls, Log, World, body_of
from tests.support.reviews import decide, order_of
from tests.support.tokens import token

SKU = "LAP-T480-16-512"
SLUG = SKU.lower()


def serve(
    world: World, event: Event, *, subject: str = "customer-1", source: str = "192.0.2.1", **claims: Any
) -> dict[str, Any]:
    """Call the function for one customer, from one address."""
    event["requestContext"]["http"]["sourceIp"] = source
    if "authorization" in event["headers"]:
        event["headers"]["authorization"] = "Bearer " + token(sub=subject, email="achieng@example.com", **claims)
    answer: dict[str, Any] = world.call("serve_customer", event)
    return answer


def play(world: World, case: str, *, subject: str = "customer-1", **values: object) -> dict[str, Any]:
    return serve(world, load("serve_customer", case, **values), subject=subject)


def bodied(case: str, body: object) -> Event:
    return load("serve_customer", case) | {"body": body if isinstance(body, str) else json.dumps(body)}


def problem_of(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert answer["headers"]["cache-control"] == "no-store"
    problem: dict[str, Any] = body_of(answer)
    return problem


def fields(answer: dict[str, Any]) -> set[str]:
    return {error["field"] for error in problem_of(answer)["errors"]}


def test_who_is_signed_in(world: World) -> None:
    answer = play(world, "me")
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (200, "no-store")
    assert body_of(answer) == {"subject": "customer-1", "email": "achieng@example.com"}


def test_an_address_that_is_not_verified_is_not_shown(world: World) -> None:
    assert body_of(serve(world, load("serve_customer", "me"), email_verified=False))["email"] is None


def test_nobody_is_let_in_without_a_token(world: World, calls: Calls) -> None:
    answer = play(world, "me_without_token")
    assert (answer["statusCode"], problem_of(answer)["type"]) == (401, "urn:salama:problem:not-signed-in")
    assert answer["headers"]["www-authenticate"] == "Bearer"
    for case in ("cart", "wishlist", "add_wish", "drop_wish", "save_cart"):
        event = load("serve_customer", case)
        del event["headers"]["authorization"]
        assert serve(world, event)["statusCode"] == 401
    assert set(calls.operations) <= {"sqs:SendMessage"}, "the refusal is told; no table is asked"


def test_a_cart_is_saved_and_shown(world: World) -> None:
    empty = play(world, "cart", subject="saver")
    assert body_of(empty) == {"items": [], "currency": None, "version": 0, "saved_at": None}
    saved = play(world, "save_cart", subject="saver")
    assert (saved["statusCode"], saved["headers"]["etag"]) == (200, '"1"')
    assert body_of(saved) == {
        "items": [{"sku": SKU, "quantity": 1}, {"sku": "STICKERS", "quantity": 3}],
        "currency": "KES",
        "version": 1,
        "saved_at": "2026-11-22T09:00:00.000Z",
    }
    assert body_of(play(world, "cart", subject="saver")) == body_of(saved)
    assert body_of(play(world, "cart", subject="another"))["items"] == []


@pytest.mark.parametrize("case", ["save_cart_over_version", "save_cart_if_match"])
def test_a_cart_saved_elsewhere_is_not_written_over(world: World, case: str) -> None:
    subject = f"two devices {case}".replace(" ", "-")
    refused = play(world, case, subject=subject)
    assert (refused["statusCode"], problem_of(refused)["version"]) == (409, 0)
    play(world, "save_cart", subject=subject)
    assert body_of(play(world, case, subject=subject))["version"] == 2
    again = play(world, case, subject=subject)
    assert again["statusCode"] == 409
    problem = problem_of(again)
    assert (problem["type"], problem["version"]) == ("urn:salama:problem:cart-changed", 2)
    assert body_of(play(world, "save_cart", subject=subject))["version"] == 3


def test_any_version_is_replaced_by_a_star(world: World) -> None:
    play(world, "save_cart", subject="star")
    event = load("serve_customer", "save_cart_if_match")
    event["headers"]["if-match"] = "*"
    assert body_of(serve(world, event, subject="star"))["version"] == 2


def test_a_cart_that_cannot_be_is_refused(world: World) -> None:
    wrong = play(world, "save_wrong_cart")
    assert (wrong["statusCode"], fields(wrong)) == (422, {"items.0.quantity", "items.1.sku", "currency"})
    twice = play(world, "save_cart_twice_one_sku")
    assert (twice["statusCode"], fields(twice)) == (422, {"items"})
    for case in ("save_malformed_cart", "save_cart_odd_if_match"):
        assert play(world, case)["statusCode"] == 400
    lines = [{"sku": f"SKU-{n}", "quantity": 1} for n in range(21)]
    assert fields(serve(world, bodied("save_cart", {"items": lines, "currency": "KES"}))) == {"items"}
    for body in ("[]", "null", '"cart"', "", "[" * 30_000):
        assert serve(world, bodied("save_cart", body))["statusCode"] in {400, 422}
    too_large = serve(world, bodied("save_cart", "[" * 32_769))
    assert (too_large["statusCode"], problem_of(too_large)["type"]) == (413, "urn:salama:problem:body-too-large")


def test_a_body_that_is_no_text_is_refused(world: World) -> None:
    event = bodied("save_cart", base64.b64encode(b"\xff\xfe{").decode()) | {"isBase64Encoded": True}
    answer = serve(world, event)
    assert (answer["statusCode"], problem_of(answer)["type"]) == (400, "urn:salama:problem:unreadable-body")


def test_wishes_come_and_go(world: World) -> None:
    world.shop.sell(SKU, stock=50)
    assert body_of(play(world, "wishlist", subject="wisher")) == {"items": []}
    for _ in range(2):
        answer = play(world, "add_wish", subject="wisher")
        assert (answer["statusCode"], answer["body"]) == (204, "")
    wishes = body_of(play(world, "wishlist", subject="wisher"))["items"]
    assert wishes == [{"slug": SLUG, "added_at": "2026-11-22T09:00:00.000Z"}]
    for _ in range(2):
        assert play(world, "drop_wish", subject="wisher")["statusCode"] == 204
    assert body_of(play(world, "wishlist", subject="wisher")) == {"items": []}


@pytest.mark.parametrize("slug", ["a[0", "a]", "a[0]", "[99999999999]", "A.B", " ", "%"])
def test_what_is_no_product_is_on_no_wishlist(world: World, slug: str) -> None:
    event = load("serve_customer", "drop_wish")
    event["rawPath"] = event["requestContext"]["http"]["path"] = f"/me/wishlist/{slug}"
    assert serve(world, event)["statusCode"] == 204


def test_only_what_is_for_sale_is_wished_for(world: World) -> None:
    assert play(world, "add_unknown_wish")["statusCode"] == 404
    world.shop.sell(SKU, stock=50, for_sale=False)
    assert play(world, "add_wish")["statusCode"] == 404


def test_a_full_wishlist_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce.customers.store.MOST_WISHES", 0)
    world.shop.sell(SKU, stock=50)
    answer = play(world, "add_wish", subject="full")
    assert (answer["statusCode"], problem_of(answer)["type"]) == (409, "urn:salama:problem:too-many-wishes")


def test_a_review_goes_from_its_buyer_to_the_product_s_page(world: World) -> None:
    world.shop.sell(SKU, stock=50)
    number = order_of(world.shop, "a review's order", SKU)
    answer = play(world, "write_review", order_number=number)
    assert answer["statusCode"] == 201, answer
    review = body_of(answer)["review"]
    assert review == {
        "rating": 5,
        "title": "Quiet and quick",
        "text": "Came the next day.\nThe battery lasts a whole lecture.",
        "author": "Wanjiku",
        "at": "2026-11-22T09:00:00.000Z",
        "status": "pending",
    }
    assert body_of(play(world, "write_review", order_number=number)) == body_of(answer)
    assert body_of(world.play("browse_catalog", "reviews"))["items"] == []

    [stretch] = Reviews(world.shop.database).in_state(ReviewState(review["status"]), after=None, examine=5)
    decide(world.shop, stretch.found[0], "approve")
    shown = world.play("browse_catalog", "reviews")
    assert shown["headers"]["cache-control"] == "public, max-age=15"
    body = body_of(shown)
    assert (body["average"], body["count"], body["next_cursor"]) == (5.0, 1, None)
    assert body["items"] == [{name: value for name, value in review.items() if name != "status"}]
    assert number not in shown["body"]


def test_a_second_opinion_is_refused(world: World) -> None:
    world.shop.sell(SKU, stock=50)
    number = order_of(world.shop, "a second opinion", SKU)
    assert play(world, "write_review", order_number=number)["statusCode"] == 201
    event = load("serve_customer", "write_review", order_number=number)
    event["body"] = json.dumps(json.loads(event["body"]) | {"rating": 1})
    answer = serve(world, event)
    assert (answer["statusCode"], problem_of(answer)["type"]) == (409, "urn:salama:problem:already-reviewed")


def test_who_did_not_buy_it_may_not_review_it(world: World) -> None:
    world.shop.sell(SKU, stock=50)
    number = order_of(world.shop, "not to be told of", SKU)
    waiting = world.shop.order("still waiting", (SKU, 1)).order.number
    answers = [
        play(world, "write_review_wrong_email", order_number=number),
        play(world, "write_review", order_number=waiting),
        play(world, "write_review", order_number="7K2M9QX4TD"),
    ]
    assert {answer["statusCode"] for answer in answers} == {404}
    assert len({answer["body"] for answer in answers}) == 1


def test_what_a_review_may_not_say(world: World) -> None:
    assert fields(play(world, "write_review_with_html")) == {"text"}
    assert fields(play(world, "write_wrong_review")) == {"rating", "title", "author"}


def test_nobody_tries_addresses_of_an_order_by_reviewing(world: World) -> None:
    world.shop.sell(SKU, stock=50)
    event = load("serve_customer", "write_review", order_number="7K2M9QX4TE")
    statuses = [serve(world, event, source=f"203.0.113.{place}")["statusCode"] for place in range(11)]
    assert statuses == [404] * 10 + [429]
    limited = serve(world, event, source="203.0.113.99")
    assert int(limited["headers"]["retry-after"]) <= 600
    other = load("serve_customer", "write_review", order_number="7K2M9QX4TF")
    assert serve(world, other, source="203.0.113.7")["statusCode"] == 404


@pytest.mark.parametrize(("case", "status"), [("reviews", 200), ("reviews_of_unknown_product", 404)])
def test_reviews_of_a_product(world: World, case: str, status: int) -> None:
    world.shop.sell(SKU, stock=50)
    assert world.play("browse_catalog", case)["statusCode"] == status


def test_nothing_private_is_logged(world: World, log: Log) -> None:
    world.shop.sell(SKU, stock=50)
    number = order_of(world.shop, "a quiet order", SKU)
    play(world, "write_review", order_number=number)
    play(world, "save_cart")
    for private in ("wanjiku@", "achieng@", number, "customer-1"):
        assert private not in log.text


def test_the_document_is_complete() -> None:
    document = app.openapi()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 7
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
