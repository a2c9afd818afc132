"""The magic cards: each number and each PaymentMethod id ends as its row says."""

from typing import Any

import pytest

from sandbox.stripe import CARDS, Card, by_id, by_number
from sandbox.stripe.card_entry import passes_luhn
from tests.simulation.daraja_world import in_loop
from tests.simulation.stripe_world import World, refusal

DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline"),
    "4000000000009995": ("card_declined", "insufficient_funds"),
    "4000000000009987": ("card_declined", "lost_card"),
    "4000000000009979": ("card_declined", "stolen_card"),
    "4000000000000069": ("expired_card", None),
    "4000000000000127": ("incorrect_cvc", None),
    "4000000000000119": ("processing_error", None),
    "4000000000006975": ("card_declined", "card_velocity_exceeded"),
    "4000000000000341": ("card_declined", "generic_decline"),
    "4100000000000019": ("card_declined", "fraudulent"),
}
"""As Stripe's testing page lists them."""


@pytest.mark.parametrize("number", DECLINES)
def test_a_card_declines_in_the_browser_and_on_the_server_with_its_codes(number: str) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        card = by_number(number)
        assert card is not None
        typed = (await world.browse(await world.intent(), number)).json()["error"]
        error = await refusal(world.paid(card.id))
        body: Any = error.json_body
        named = body["error"]
        for one in (typed, named):
            assert (one["type"], one["code"], one.get("decline_code")) == ("card_error", *DECLINES[number])
        assert world.sim.books.movements == {}

    run()


@pytest.mark.parametrize("card", [one for one in CARDS if one.decline is None], ids=lambda one: one.id)
def test_every_other_card_is_accepted_in_the_end_or_stays_processing(card: Card) -> None:
    @in_loop
    async def run() -> None:
        world = World()
        intent = await world.paid(card.id)
        if card.authenticates:
            assert intent.status == "requires_action"
            await world.challenge(intent, "approve")
        await world.wait(25)
        assert (await world.show(intent.id)).status == ("processing" if card.settles == "never" else "succeeded")

    run()


def test_numbers_and_ids_are_unlike_and_pass_the_check_digit() -> None:
    assert len({card.number for card in CARDS}) == len({card.id for card in CARDS}) == len(CARDS)
    for card in CARDS:
        assert passes_luhn(card.number)
        assert by_number(card.number) is by_id(card.id) is card
        assert card.ours == card.number.startswith("40000099") == card.id.startswith("pm_card_sandbox")


@in_loop
async def test_the_table_is_shown() -> None:
    assert len((await World().control("cards"))["items"]) == len(CARDS)
