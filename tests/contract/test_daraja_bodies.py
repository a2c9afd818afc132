"""Every body that Daraja was seen to send is read without loss, and nothing it could send breaks the reader."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.port import PaymentClaim, References
from commerce.payments.providers.daraja.callbacks import parse_stk_callback, read_result, read_stk_callback
from commerce.payments.providers.daraja.outcomes import interpret_result, look_up_outcome, refund_outcome, start_outcome
from commerce.payments.providers.daraja.wire import Answer, MalformedBody, NamedValue, as_cents, read_object
from tests.contract.daraja.doubles import CHECKOUT, MERCHANT, bodies

EVERY_BODY = bodies(
    "account_balance_result",
    "ack",
    "b2b_result",
    "b2c_result",
    "official_doc_samples",
    "result_other_result",
    "reversal_result",
    "stk_push_response",
    "transaction_status_result",
)
RESULTS = [path for path in EVERY_BODY if '"Result"' in path.read_text()]
CALLBACKS = [path for path in EVERY_BODY if '"stkCallback"' in path.read_text()]
ACKS = [path for path in EVERY_BODY if "ResponseDescription" in path.read_text()]
ERRORS = [path for path in EVERY_BODY if '"errorCode"' in path.read_text()]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def pairs(container: Any, member: str) -> list[tuple[str, Any, bool]]:
    """What a plain JSON reader sees in a name-value list."""
    found = (container or {}).get(member) or []
    entries = found if isinstance(found, list) else [found]
    return [(entry.get("Name", entry.get("Key")), entry.get("Value"), "Value" in entry) for entry in entries]


def as_seen(values: tuple[NamedValue, ...]) -> list[tuple[str, Any, bool]]:
    return [(entry.name, entry.value, entry.present) for entry in values]


def stk(code: Any = 0, items: Any = None, **members: Any) -> str:
    inside = {"MerchantRequestID": MERCHANT, "CheckoutRequestID": CHECKOUT, "ResultCode": code, **members}
    if items is not None:
        inside["CallbackMetadata"] = {"Item": items}
    return json.dumps({"Body": {"stkCallback": inside}})


def test_the_samples_are_all_there() -> None:
    assert (len(RESULTS), len(CALLBACKS), len(ERRORS)) == (48, 2, 4)
    assert len(ACKS) > 30


@pytest.mark.parametrize("path", RESULTS, ids=named)
def test_every_result_is_read_without_loss(path: Path) -> None:
    plain = json.loads(path.read_text(), parse_float=Decimal)["Result"]
    report = read_result(path.read_bytes())
    assert report.members == plain
    assert report.code == str(plain["ResultCode"])
    assert report.description == plain["ResultDesc"]
    assert report.transaction_id == plain["TransactionID"]
    assert report.originator_conversation_id == plain["OriginatorConversationID"]
    assert report.conversation_id == plain["ConversationID"]
    assert as_seen(report.parameters) == pairs(plain.get("ResultParameters"), "ResultParameter")
    assert as_seen(report.references) == pairs(plain.get("ReferenceData"), "ReferenceItem")


@pytest.mark.parametrize("path", CALLBACKS, ids=named)
def test_every_callback_is_read_without_loss(path: Path) -> None:
    plain = json.loads(path.read_text(), parse_float=Decimal)["Body"]["stkCallback"]
    callback = read_stk_callback(path.read_bytes())
    assert callback.members == plain
    assert callback.code == str(plain["ResultCode"])
    assert as_seen(callback.items) == pairs(plain.get("CallbackMetadata"), "Item")


@pytest.mark.parametrize("path", [*ACKS, *ERRORS], ids=named)
def test_every_direct_answer_is_read_without_loss(path: Path) -> None:
    answer = Answer.read(200, path.read_bytes())
    plain = json.loads(path.read_text())
    assert answer.body == plain
    assert answer.error_code == plain.get("errorCode")


def test_a_full_callback_becomes_a_claim() -> None:
    claim = parse_stk_callback(
        stk(
            0,
            [
                {"Name": "Amount", "Value": 1200.00},
                {"Name": "MpesaReceiptNumber", "Value": "SKC56QLGS5"},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": 20260220003520},
                {"Name": "PhoneNumber", "Value": 254700123456},
            ],
        )
    )
    assert claim == PaymentClaim(References(MERCHANT, CHECKOUT), "0", "SKC56QLGS5", 120_000)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("1", 100),
        ("1.00", 100),
        ("1.0", 100),
        ('"1.00"', 100),
        ('" 5 "', 500),
        ("250000.00", 25_000_000),
        ("10.55", 1055),
        ("0.1", 10),
        ("1e3", 100_000),
        ("10.555", None),
        ("100.000000000000000000000000000000001", None),
        ("1e999999999", None),
        ("1e99999999999999999999", None),
        ("1e-999999999", None),
        ('"NaN"', None),
        ('"sNaN"', None),
        ('"KES 5"', None),
        ('"1_000"', None),
        ('"\u0661\u0662"', None),
        ('"+5"', None),
        ('""', None),
        ("null", None),
        ("true", None),
        ("[1]", None),
        ("9" * 5000, None),
    ],
)
def test_an_amount_is_exact_or_absent(written: str, cents: int | None) -> None:
    body = stk(0, []).replace('"Item": []', f'"Item": [{{"Name": "Amount", "Value": {written}}}]')
    assert parse_stk_callback(body).amount == cents


@pytest.mark.parametrize(
    ("written", "code"),
    [("0", "0"), ('"0"', "0"), ("0.0", "0"), ("1032", "1032"), ('"BW-JMS-100039"', "BW-JMS-100039"), ("true", "true"),
     ("null", ""), ("{}", "")],
)  # fmt: skip
def test_a_result_code_is_text_whatever_its_type(written: str, code: str) -> None:
    assert parse_stk_callback(stk("CODE").replace('"CODE"', written)).code == code


def test_a_vendor_code_may_come_without_description() -> None:
    callback = read_stk_callback(stk("BW-HTTP-100300"))
    assert (callback.code, callback.description) == ("BW-HTTP-100300", None)


RECEIPT = {"Name": "MpesaReceiptNumber", "Value": "SKC56QLGS5"}


@pytest.mark.parametrize(
    "items",
    [
        [RECEIPT, {"Name": "Balance", "Value": "{Amount={CurrencyCode=KES, BasicAmount=1.00}}"}],
        [{"Name": "Balance"}, RECEIPT],
        [None, 4, {"Value": 1}, {"Name": "MpesaReceiptNumber", "Value": None}, RECEIPT],
        RECEIPT,
    ],
)
def test_metadata_is_found_by_name_in_any_order_and_shape(items: Any) -> None:
    claim = parse_stk_callback(stk(0, items, Later={"unknown": True}))
    assert (claim.receipt, claim.amount) == ("SKC56QLGS5", None)


def test_a_number_keeps_every_digit() -> None:
    assert read_object('{"a": 8959269.60, "b": 20240206143645}') == {"a": Decimal("8959269.60"), "b": 20240206143645}
    assert str(read_object(b'{"a": 1199371.00}')["a"]) == "1199371.00"


def test_other_encodings_lose_no_callback() -> None:
    assert parse_stk_callback(b"\xef\xbb\xbf" + stk().encode()).code == "0"
    latin = stk(ResultDesc="Caf\u00e9").replace("\\u00e9", "\u00e9").encode("latin-1")
    assert read_stk_callback(latin).description == "Caf\u00e9"
    assert parse_stk_callback(stk(0, [{"Name": "MpesaReceiptNumber", "Value": "\ud800X"}])).receipt == "?X"


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "null", "[]", "4", '"text"', "{}", '{"Body": {}}', '{"Body": {"stkCallback": null}}', "{" * 9,
     '{"a":' * 200_000, '{"Body": {"stkCallback": {"ResultCode": 0, "CheckoutRequestID": " "}}}', b"\xff\xfe\x00",
     '{"CheckoutRequestID": "ws_CO_1", "ConversationID": "AG_1", "ResultCode": NaN}',
     '{"CheckoutRequestID": "ws_CO_1", "ConversationID": "AG_1", "ResultCode": 1, "ResultCode": 0}',
     '{"Result": {"ConversationID": "AG_1"}, "Result": {"ConversationID": "AG_2"}}'],
)  # fmt: skip
def test_what_names_nothing_is_malformed(body: str | bytes) -> None:
    for read in (parse_stk_callback, read_result, interpret_result):
        with pytest.raises(MalformedBody) as raised:
            read(body)
        assert "ws_CO" not in str(raised.value)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0", "1.00", "254700123456", "1e9999999", "sNaN", "\ud800"])
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Name", "Key", "Value", "Item", "ResultParameter", "ResultCode", "fault", "detail", "other"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
REAL = [json.loads(path.read_text()) for path in EVERY_BODY]


def read_in_every_way(body: str | bytes) -> None:
    for read in (parse_stk_callback, read_result, interpret_result):
        try:
            read(body)
        except MalformedBody:
            continue
    for status in (200, 400, 429, 500):
        answer = Answer.read(status, body if isinstance(body, bytes) else body.encode())
        start_outcome(answer)
        look_up_outcome(answer, References(MERCHANT, CHECKOUT))
        refund_outcome(answer, "reference")


def places(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(value, key) for key in value] + [place for inner in value.values() for place in places(inner)]
    if isinstance(value, list):
        return [(value, key) for key in range(len(value))] + [place for inner in value for place in places(inner)]
    return []


@given(st.data())
def test_a_real_body_with_anything_anywhere_is_read_or_malformed(data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(REAL)))
    for _ in range(data.draw(st.integers(1, 3))):
        known = places(body)
        if not known:
            break
        holder, key = data.draw(st.sampled_from(known))
        if data.draw(st.booleans()):
            holder[key] = data.draw(anything)
        else:
            del holder[key]
    read_in_every_way(json.dumps(body))


@given(anything)
def test_any_json_is_read_or_malformed(value: Any) -> None:
    read_in_every_way(json.dumps({"Body": {"stkCallback": value}, "Result": value, "errorCode": value, "fault": value}))


@given(st.binary() | st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_bytes_are_read_or_malformed(body: bytes | str) -> None:
    read_in_every_way(body)


@given(st.integers(-(10**12), 10**12))
def test_cents_are_the_same_however_they_are_written(cents: int) -> None:
    shillings = Decimal(cents) / 100
    assert as_cents(shillings) == as_cents(str(shillings)) == as_cents(f"{shillings:.2f}") == cents
    if cents % 100 == 0:
        assert as_cents(cents // 100) == cents


@given(st.floats())
def test_a_float_is_no_amount_because_it_is_not_exact(value: float) -> None:
    assert as_cents(value) is None
