"""The table of result codes (provider facts, 1.4): what is final, why, and that nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.providers.daraja.results import (
    FINAL_REASONS,
    REFUND_DONE,
    REFUND_IMPOSSIBLE,
    Finality,
    classify,
)
from commerce.payments.reasons import REASONS, REFUND_REASONS

FINAL = {
    "1": "insufficient_funds",
    "2": "limit_reached",
    "3": "limit_reached",
    "4": "limit_reached",
    "8": "limit_reached",
    "11": "account_blocked",
    "17": "too_soon",
    "1001": "busy",
    "1019": "no_answer",
    "1025": "provider_unavailable",
    "1031": "cancelled",
    "1032": "cancelled",
    "1036": "unreachable",
    "1037": "no_answer",
    "2001": "wrong_pin",
    "2026": "no_answer",
    "2028": "shop_misconfigured",
    "8006": "account_blocked",
    "SFC_IC0003": "shop_misconfigured",
    "E3008": "number_invalid",
}


def test_success_is_the_only_code_that_is_paid() -> None:
    assert classify("0").finality is Finality.PAID
    assert all(classify(code).finality is Finality.REFUSED for code in FINAL)


@pytest.mark.parametrize(("code", "reason"), FINAL.items())
def test_a_final_code_has_its_reason(code: str, reason: str) -> None:
    assert classify(code).reason == reason


def test_the_table_holds_the_known_final_codes_and_no_other() -> None:
    assert set(FINAL_REASONS) == set(FINAL)


@pytest.mark.parametrize("code", ["4999", "26", "9999", "BW-JMS-100039", "BW-HTTP-100300", "", "00", "0.0", "true"])
def test_codes_that_end_nothing(code: str) -> None:
    verdict = classify(code)
    assert (verdict.finality, verdict.reason) == (Finality.OPEN, None)


@given(st.text())
def test_any_unknown_code_stays_open(code: str) -> None:
    if code != "0" and code not in FINAL:
        assert classify(code).finality is Finality.OPEN


def test_only_rule_limited_makes_the_buyer_wait() -> None:
    assert {code: classify(code).retry_after_seconds for code in FINAL if classify(code).retry_after_seconds} == {
        "17": 120
    }


def test_every_reason_has_its_words() -> None:
    assert set(FINAL_REASONS.values()) <= set(REASONS)
    assert set(REFUND_IMPOSSIBLE.values()) <= set(REFUND_REASONS)
    assert not REFUND_DONE & set(REFUND_IMPOSSIBLE)
