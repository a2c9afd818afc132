"""Requests as Daraja checks them: OAuth, tokens, field errors, acknowledgements, error shapes."""

import base64
import re
from typing import Any

import httpx
import pytest

from sandbox.daraja import DarajaOptions
from tests.simulation.daraja_world import HUMAN, SHOP, World, in_loop, magic

PUSH = "mpesa/stkpush/v1/processrequest"


def error(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    assert set(body) == {"requestId", "errorCode", "errorMessage"}
    return answer.status_code, body["errorCode"], body["errorMessage"]


@in_loop
async def test_expires_in_is_a_string() -> None:
    assert (await World().sign_in()).json()["expires_in"] == "3599"


@in_loop
async def test_wrong_keys_get_an_empty_400() -> None:
    answer = await World().http.get(
        "/daraja/oauth/v1/generate", params={"grant_type": "client_credentials"}, auth=("key", "of production")
    )
    assert (answer.status_code, answer.content) == (400, b"")


@in_loop
async def test_oauth_refuses_other_authentication_and_other_grants() -> None:
    world = World()
    keys = (world.options.consumer_key, world.options.consumer_secret)
    bare = await world.http.get("/daraja/oauth/v1/generate", params={"grant_type": "client_credentials"})
    other = await world.http.get("/daraja/oauth/v1/generate", params={"grant_type": "password"}, auth=keys)
    assert error(bare)[:2] == (400, "400.008.01")
    assert error(other)[:2] == (400, "400.008.02")


@in_loop
async def test_a_new_token_kills_the_one_before() -> None:
    world = World()
    await world.sign_in()
    first = world.bearer
    await world.sign_in()
    second, world.bearer = world.bearer, first
    assert error(await world.push()) == (404, "404.001.03", "Invalid Access Token")
    assert error(await world.reverse("UAV244DYDV", 1))[:2] == (404, "404.001.03")
    assert error(await world.status(TransactionID="UAV244DYDV")) == (400, "400.003.01", "Invalid Access Token")
    world.bearer = second
    assert (await world.push()).status_code == 200


@in_loop
async def test_a_token_lives_an_hour() -> None:
    world = World()
    await world.sign_in()
    await world.wait(3599)
    assert (await world.push()).status_code == 200
    await world.wait(2)
    assert error(await world.push())[1] == "404.001.03"


@in_loop
async def test_the_acknowledgement_carries_todays_ids_and_is_not_money() -> None:
    world = World()
    body = (await world.push()).json()
    assert set(body) == {
        "MerchantRequestID",
        "CheckoutRequestID",
        "ResponseCode",
        "ResponseDescription",
        "CustomerMessage",
    }
    assert body["ResponseCode"] == "0"
    # 12:00 in East Africa while the clock says 09:00 UTC; then milliseconds and the nine subscriber digits.
    assert body["CheckoutRequestID"] == "ws_CO_22112026120000000712345678"
    assert re.fullmatch(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\d+", body["MerchantRequestID"])
    assert world.daraja.ledger.transactions == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"BusinessShortCode": "abc"}, "BusinessShortCode"),
        ({"BusinessShortCode": None}, "BusinessShortCode"),
        ({"Timestamp": "20261345000000"}, "Timestamp"),
        ({"TransactionType": "PayBill"}, "TransactionType"),
        ({"Amount": 0}, "Amount"),
        ({"Amount": 250_001}, "Amount"),
        ({"Amount": "10.50"}, "Amount"),
        ({"Amount": 10.5}, "Amount"),
        ({"Amount": True}, "Amount"),
        ({"PhoneNumber": "0712345678"}, "PhoneNumber"),
        ({"PhoneNumber": "+254712345678"}, "PhoneNumber"),
        ({"PartyA": "254812345678"}, "PartyA"),
        ({"CallBackURL": "not a url"}, "CallBackURL"),
        ({"CallBackURL": "ftp://shop.co.ke/hook"}, "CallBackURL"),
        ({"CallBackURL": "https://example.com/hook"}, "CallBackURL"),
        ({"CallBackURL": "https://shop.co.ke/mpesa/hook"}, "CallBackURL"),
        ({"CallBackURL": "http://shop:port/hook"}, "CallBackURL"),
        ({"AccountReference": "1234567890123"}, "AccountReference"),
        ({"TransactionDesc": None}, "Remarks"),
        ({"TransactionDesc": ""}, "Remarks"),
    ],
)
@in_loop
async def test_a_wrong_field_is_named(changed: dict[str, Any], field: str) -> None:
    world = World()
    body = {**world.push_body(), **changed}
    answer = await world.post(PUSH, {name: value for name, value in body.items() if value is not None})
    assert error(answer) == (400, "400.002.02", f"Bad Request - Invalid {field}")
    assert world.daraja.pushes.all == []


@in_loop
async def test_numbers_may_come_as_strings_or_numbers_and_the_edges_are_accepted() -> None:
    world = World()
    assert (await world.push(amount="1", BusinessShortCode=174379)).status_code == 200
    assert (await world.push("254110000001", amount=250_000)).status_code == 200


@in_loop
async def test_credentials_and_merchants_are_checked() -> None:
    world = World()
    assert error(await world.push(Password="c2FsYW1h")) == (500, "500.001.1001", "Wrong credentials")
    assert error(await world.push(BusinessShortCode="999999")) == (500, "500.001.1001", "Merchant does not exist")


@in_loop
async def test_loopback_callbacks_are_refused_as_in_production_unless_allowed() -> None:
    world = World(DarajaOptions(allow_loopback_callbacks=False))
    for host in ("127.0.0.1:8000", "localhost", "[::1]"):
        answer = await world.push(CallBackURL=f"http://{host}/hook")
        assert error(answer)[2] == "Bad Request - Invalid CallBackURL"
    assert (await world.push(CallBackURL="https://api.shop.co.ke/hook")).status_code == 200


@in_loop
async def test_bodies_paths_methods_and_headers_have_their_own_errors() -> None:
    world = World()
    await world.sign_in()
    bearer = {"Authorization": f"Bearer {world.bearer}"}
    broken = await world.http.post(f"/daraja/{PUSH}", content=b"{", headers=bearer)
    assert error(broken) == (400, "400.002.05", "Invalid Request Payload")
    assert error(await world.http.post(f"/daraja/{PUSH}", json=[1], headers=bearer))[1] == "400.002.05"
    assert error(await world.http.get(f"/daraja/{PUSH}", headers=bearer))[:2] == (405, "405.001")
    assert error(await world.post("mpesa/nothing/v1", {})) == (404, "404.001.01", "Resource not found")
    assert error(await world.http.post(f"/daraja/{PUSH}", json={}))[:2] == (404, "404.001.04")


@in_loop
async def test_a_query_wants_a_known_id_and_the_right_password() -> None:
    world = World()
    assert error(await world.query("ws_CO_1")) == (400, "400.002.02", "Bad Request - Invalid CheckoutRequestID")
    checkout = (await world.push()).json()["CheckoutRequestID"]
    body = {**world.signature(Password="bm8="), "CheckoutRequestID": checkout}
    assert error(await world.post("mpesa/stkpushquery/v1/query", body))[2] == "Wrong credentials"


@in_loop
async def test_two_pushes_in_one_millisecond_get_different_ids() -> None:
    world = World()
    ids = {(await world.push(magic(1), reference=f"S-{n}")).json()["CheckoutRequestID"] for n in range(20)}
    assert len(ids) == 20


@in_loop
async def test_a_down_provider_answers_503_everywhere_and_accepts_nothing() -> None:
    world = World()
    await world.sign_in()
    await world.control("provider", {"down": True})
    assert (await world.push()).status_code == 503
    assert (await world.query("ws_CO_1")).status_code == 503
    oauth = await world.http.get("/daraja/oauth/v1/generate?grant_type=client_credentials")
    assert oauth.status_code == 503
    assert world.daraja.pushes.all == []
    await world.control("provider", {"down": False})
    assert (await world.push()).status_code == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PartyB": "174379"}, 2028),
        ({"TransactionType": "CustomerBuyGoodsOnline", "PartyB": "300584"}, 2028),
        ({"PartyB": "654321"}, "SFC_IC0003"),
    ],
)
@in_loop
async def test_a_misfit_of_type_and_party_is_accepted_and_fails_in_the_callback(
    changed: dict[str, Any], code: int | str
) -> None:
    world = World(DarajaOptions(shortcode="174379"))
    if code == 2028 and "TransactionType" not in changed:
        changed = {**changed, "BusinessShortCode": "600584", "Password": store_password(world)}
    assert (await world.push(**changed)).status_code == 200
    await world.wait(2)
    assert world.codes == [code]


@in_loop
async def test_a_till_is_pushed_through_its_store_number() -> None:
    world = World()
    answer = await world.push(
        BusinessShortCode=world.options.store_shortcode,
        Password=store_password(world),
        TransactionType="CustomerBuyGoodsOnline",
        PartyB=world.options.till,
    )
    assert answer.status_code == 200
    await world.decide("pay", "1234")
    await world.wait(2)
    assert world.codes == [0]
    assert world.daraja.ledger.balance(world.options.store_shortcode) == 1500


def store_password(world: World) -> str:
    secret = f"{world.options.store_shortcode}{world.options.passkey}20261122120000"
    return base64.b64encode(secret.encode()).decode()


@in_loop
async def test_the_journal_shows_everything_but_secrets() -> None:
    world = World()
    await world.push(magic(1), reference="S-77")
    await world.wait(20)
    await world.reverse(world.daraja.ledger.transactions[0].receipt, 1500)
    await world.wait(20)
    seen = (await world.control("seen"))["items"]
    assert [entry["api"] for entry in seen] == ["reversal_result", "reversal", "stk_callback", "stk_push", "oauth"]
    text = str(seen)
    for secret in (world.bearer, world.signature()["Password"], world.options.security_credential):
        assert secret not in text
    about = (await world.control("seen?text=S-77"))["items"]
    assert {entry["api"] for entry in about} == {"reversal_result", "reversal", "stk_callback", "stk_push"}
    assert all(entry["phone"] == magic(1) for entry in about)
    assert next(entry for entry in about if entry["api"] == "stk_callback")["answer"] == world.shop_answer
    assert (await world.control("seen?text=S-99"))["items"] == []


@in_loop
async def test_a_receiver_that_cannot_be_reached_is_written_down() -> None:
    world = World()

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    world.daraja._http = httpx.AsyncClient(transport=httpx.MockTransport(refuse))
    await world.push(magic(1), CallBackURL=f"{SHOP}/stk/x", PartyA=HUMAN)
    await world.wait(20)
    (entry,) = (await world.control("seen?direction=callback"))["items"]
    assert entry["status"] is None
    assert "ConnectError" in entry["note"]
