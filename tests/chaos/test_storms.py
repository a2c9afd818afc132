"""Whatever is killed, lost, doubled, late or overtaken: at last every promise holds, and nothing is stuck unknown."""

from __future__ import annotations

from tests.chaos.stories import BY_NAME
from tests.chaos.storm import Storm


class TestPaidByMpesaAndGivenBack(Storm):
    story = BY_NAME["paid by M-Pesa, sent, given back"]


class TestPaidByCardAndGivenBack(Storm):
    story = BY_NAME["paid by card, sent, given back"]


class TestNobodyAnswersThePrompt(Storm):
    story = BY_NAME["nobody answers the prompt"]


class TestNobodyFillsInTheCardForm(Storm):
    story = BY_NAME["nobody fills in the card form"]


class TestTheMoneyComesWhenTheGoodsAreGone(Storm):
    story = BY_NAME["the money comes when the goods are gone"]


class TestTheMoneyComesLate(Storm):
    story = BY_NAME["the money comes late, and the goods are there"]


class TestPaidWithCodesAndCancelled(Storm):
    story = BY_NAME["paid with a voucher and a credit, and cancelled"]


class TestThePromptIsCancelledThenPaid(Storm):
    story = BY_NAME["the prompt is cancelled, then paid"]
