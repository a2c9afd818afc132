"""The simulator takes Daraja's own sample requests, and refuses them by name once something in them is wrong."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from random import Random
from typing import Any

import pytest

from sandbox.daraja import DarajaOptions
from tests.contract.daraja.readings import REQUESTS
from tests.contract.mutations import Mutant, mutants, read
from tests.contract.test_daraja_request_rules import documented
from tests.simulation.daraja_world import SHOP, World, in_loop
from tests.support.tally import Tally

PATHS = {
    "MpesaExpressSimulate": "mpesa/stkpush/v1/processrequest",
    "MpesaExpressQuery": "mpesa/stkpushquery/v1/query",
    "Reversal": "mpesa/reversal/v1/request",
    "BusinessToCustomer": "mpesa/b2c/v3/paymentrequest",
    "TransactionStatus": "mpesa/transactionstatus/v1/query",
}
#: What a request may lack: of the two names of a status query one is enough.
OPTIONAL = {"Occassion", "Occasion", "TransactionID", "OriginalConversationID"}
#: Under which name Daraja complains of a member, where it is another.
CALLED = {"TransactionDesc": "Remarks"}
#: With these a member is no text and no whole number any more, or nothing.
NOTHING = frozenset(
    {"missing", "null", "an object", "a list", "true", "false", "no text", "blank", "a fraction", "boxed", "wrapped",
     "nested", "not a number", "infinite", "beyond any float", "under a name in capitals"}
)  # fmt: skip


def sample(name: str, world: World) -> dict[str, Any]:
    """A sample as it is, but for what is secret or a placeholder in it, which Daraja itself refuses."""
    body = documented(name)
    secrets = {"SecurityCredential": world.options.security_credential}
    if "Password" in body:
        secrets |= world.signature(BusinessShortCode=body["BusinessShortCode"], Timestamp=body["Timestamp"])
        secrets["Password"] = _password(world, body)
    urls: dict[str, Any] = {
        one: f"{SHOP}/daraja/{name}" for one in ("CallBackURL", "ResultURL", "QueueTimeOutURL") if one in body
    }
    return {**body, **{one: value for one, value in secrets.items() if one in body}, **urls}


def _password(world: World, body: dict[str, Any]) -> str:
    return base64.b64encode(f"{body['BusinessShortCode']}{world.options.passkey}{body['Timestamp']}".encode()).decode()


def world_of(name: str) -> World:
    body = documented(name)
    shortcode = body.get("BusinessShortCode") or body.get("ReceiverParty") or body["PartyA"]
    return World(DarajaOptions(shortcode=str(shortcode), opening_float=1_000))


async def known(name: str, world: World) -> dict[str, Any]:
    """A sample about something that this simulator knows: a query is of a push that there was."""
    body = sample(name, world)
    if name == "MpesaExpressQuery":
        body["CheckoutRequestID"] = (await world.push()).json()["CheckoutRequestID"]
    return body


def test_every_sample_request_is_tried() -> None:
    assert set(PATHS) == {path.stem.split("_")[0] for path in REQUESTS}


@pytest.mark.parametrize("name", PATHS)
@in_loop
async def test_the_sample_itself_is_taken(name: str) -> None:
    world = world_of(name)
    answer = await world.post(PATHS[name], await known(name, world))
    assert (answer.status_code, answer.json()["ResponseCode"]) == (200, "0")


@pytest.mark.parametrize("name", PATHS)
def test_a_sample_with_one_thing_wrong_is_refused_by_name_or_taken_and_never_breaks(
    name: str, thorough: bool, dice: Random, tally: Tally
) -> None:
    async def whole() -> int:
        world = world_of(name)
        body = await known(name, world)
        made = list(mutants(read(json.dumps(body))))
        # What says least is always tried, of the rest a share.
        chosen = [one for one in made if one.kind in ("missing", "null") or thorough or dice.random() < 0.4]
        await world.sign_in()
        for mutant in chosen:
            await judge(world, name, mutant)
        return len(chosen)

    tally.add("sample requests with one thing wrong, to the simulator", asyncio.run(whole()))


async def judge(world: World, name: str, mutant: Mutant) -> None:
    before = len(world.daraja.pushes.all), len(world.daraja.ledger.transactions), len(world.daraja.payouts_seen)
    answer = await world.http.post(
        f"/daraja/{PATHS[name]}", content=mutant.body, headers={"Authorization": f"Bearer {world.bearer}"}
    )
    said = answer.json()
    after = len(world.daraja.pushes.all), len(world.daraja.ledger.transactions), len(world.daraja.payouts_seen)
    if answer.status_code == 200:
        assert said["ResponseCode"] == "0"
        (member,) = mutant.names or (None,)
        assert member is None or member in OPTIONAL or mutant.kind not in NOTHING, (member, mutant.kind)
        return
    assert after == before, "what is refused leaves no trace"
    assert set(said) == {"requestId", "errorCode", "errorMessage"}
    code, message = said["errorCode"], said["errorMessage"]
    if code == "400.002.02":
        wrong = re.fullmatch(r"Bad Request - Invalid (\w+)", message)
        assert wrong is not None
        assert not mutant.names or wrong[1] == CALLED.get(mutant.names[0], mutant.names[0]), mutant.kind
    else:
        repeated = name == "BusinessToCustomer" and code == "500.002.1001"
        assert repeated or code in ("400.002.05", "500.001.1001"), (mutant.kind, said)
