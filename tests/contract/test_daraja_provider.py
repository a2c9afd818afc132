"""What each answer of Daraja, or the lack of one, means to the shop (provider facts, 1.3, 1.5 and 1.7)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from commerce.kernel.money import Currency
from commerce.payments.port import (
    OutcomeUnknown,
    Paid,
    PaymentProvider,
    PaymentRecord,
    Pending,
    Prompted,
    References,
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundOutcome,
    RefundUnknown,
    Refused,
    StartOutcome,
)
from commerce.payments.providers.daraja.outcomes import interpret_result, payment_record
from tests.contract.daraja.doubles import (
    BODIES,
    CHECKOUT,
    MERCHANT,
    Reply,
    Wire,
    bodies,
    error,
    kes,
    provider_over,
    question,
    refund_request,
    spike_arrest,
    start_request,
)

REFERENCES = References(MERCHANT, CHECKOUT)
ACK = {
    "MerchantRequestID": MERCHANT,
    "CheckoutRequestID": CHECKOUT,
    "ResponseCode": "0",
    "ResponseDescription": "Success. Request accepted for processing",
    "CustomerMessage": "Success. Request accepted for processing",
}
ACCEPTED = {"OriginatorConversationID": "515-5258779-3", "ConversationID": "AG_20261122_1", "ResponseCode": "0"}


def answered(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def result(code: object, **members: object) -> httpx.Response:
    known = {"ResponseCode": "0", "MerchantRequestID": MERCHANT, "CheckoutRequestID": CHECKOUT}
    return answered({**known, "ResultCode": code, "ResultDesc": "any words", **members})


def start(*replies: Reply) -> StartOutcome:
    return provider_over(Wire(*replies)).start(start_request())


def refund(*replies: Reply, **changes: Any) -> RefundOutcome:
    return provider_over(Wire(*replies)).refund(refund_request(**changes))


def test_it_fills_the_port() -> None:
    provider: PaymentProvider = provider_over(Wire())
    assert provider.capabilities.limits == {Currency.KES: (kes(1).amount, kes(250_000).amount)}
    assert provider.capabilities.methods == {"mpesa"}
    assert provider.capabilities.whole_units_only
    assert provider.capabilities.partial_refunds


class TestStart:
    def test_an_accepted_push_has_prompted(self) -> None:
        assert start(answered(ACK)) == Prompted(REFERENCES)

    @pytest.mark.parametrize("path", bodies("stk_push_response"), ids=lambda path: path.stem)
    def test_every_recorded_acceptance_has_prompted(self, path: Any) -> None:
        plain = json.loads(path.read_text())
        expected = Prompted(References(plain["MerchantRequestID"], plain["CheckoutRequestID"]))
        assert start(httpx.Response(200, content=path.read_bytes())) == expected

    @pytest.mark.parametrize(
        ("reply", "refused"),
        [
            (error(400, "400.002.02", "Bad Request - Invalid PhoneNumber"), Refused("400.002.02", "number_invalid")),
            (error(400, "400.002.02", "Bad Request - Invalid Amount"), Refused("400.002.02", "shop_misconfigured")),
            (error(400, "400.002.02", "Bad Request - Invalid Remarks"), Refused("400.002.02", "shop_misconfigured")),
            (error(400, "400.002.05", "Invalid Request Payload"), Refused("400.002.05", "shop_misconfigured")),
            (error(404, "404.001.01", "Resource not found"), Refused("404.001.01", "shop_misconfigured")),
            (error(405, "405.001", "Method Not Allowed"), Refused("405.001", "shop_misconfigured")),
            (error(500, "500.001.1001", "Merchant does not exist"), Refused("500.001.1001", "shop_misconfigured")),
            (error(500, "500.001.1001", "Wrong credentials"), Refused("500.001.1001", "shop_misconfigured")),
            (error(500, "500.001.1001", "Unable to lock subscriber, a transaction is already in process"),
             Refused("500.001.1001", "busy")),
            (spike_arrest(), Refused("policies.ratelimit.SpikeArrestViolation", "provider_unavailable")),
            (httpx.Response(429), Refused("429", "provider_unavailable")),
            (httpx.ConnectError("refused"), Refused("ConnectError", "provider_unavailable")),
            (httpx.ConnectTimeout("slow"), Refused("ConnectTimeout", "provider_unavailable")),
            (httpx.PoolTimeout("full"), Refused("PoolTimeout", "provider_unavailable")),
        ],
    )  # fmt: skip
    def test_what_was_certainly_not_taken_is_refused(self, reply: Reply, refused: Refused) -> None:
        assert start(reply) == refused

    @pytest.mark.parametrize(
        "reply",
        [
            httpx.ReadTimeout("silence"),
            httpx.WriteTimeout("stuck"),
            httpx.ReadError("reset"),
            httpx.WriteError("reset"),
            httpx.RemoteProtocolError("Server disconnected without sending a response."),
            error(500, "500.003.02", "System is busy. Please try again in few minutes."),
            error(500, "500.003.03", "Quota Violation"),
            error(500, "500.001.1001", "Something new"),
            error(500, "500.003.1001", "Internal Server Error"),
            httpx.Response(502, text="<html>Bad Gateway</html>"),
            httpx.Response(503),
            httpx.Response(504),
            httpx.Response(408, json={"errorCode": "408", "errorMessage": ""}),
            httpx.Response(302, headers={"Location": "https://elsewhere.test"}),
            httpx.Response(200),
            httpx.Response(200, text="<html>"),
            httpx.Response(200, json=[]),
            httpx.Response(200, json={"ResponseCode": "0"}),
            httpx.Response(400),
            error(404, "a code of next year", "Invalid PhoneNumber"),
            httpx.Response(400, json={"errorCode": True, "errorMessage": "Invalid PhoneNumber"}),
            httpx.Response(403, json={"fault": "Request unsuccessful"}),
            httpx.Response(403, text="<html>Request unsuccessful</html>"),
        ],
    )
    def test_everything_else_is_unknown_and_sent_once(self, reply: Reply) -> None:
        wire = Wire(reply)
        assert isinstance(provider_over(wire).start(start_request()), OutcomeUnknown)
        assert len(wire.calls) == 1

    @pytest.mark.parametrize("amount", [kes(0), kes(250_001), kes(10, 50), kes(-5)])
    def test_an_amount_that_mpesa_cannot_charge_is_not_sent(self, amount: Any) -> None:
        assert provider_over(Wire()).start(start_request(amount=amount)) == Refused("amount", "shop_misconfigured")

    def test_a_number_that_is_none_is_not_sent(self) -> None:
        assert provider_over(Wire()).start(start_request(phone="12345")) == Refused("phone", "number_invalid")


class TestLookUp:
    @pytest.mark.parametrize("code", ["0", 0])
    def test_only_result_zero_is_paid(self, code: object) -> None:
        assert provider_over(Wire(result(code))).look_up(question(REFERENCES)) == Paid()

    def test_the_documented_answer_is_paid(self) -> None:
        body = (BODIES / "official_doc_samples/MpesaExpressQuery_02_Response_Body.json").read_bytes()
        asked = References("22205-34066-1", "ws_CO_13012021093521236557")
        assert provider_over(Wire(httpx.Response(200, content=body))).look_up(question(asked)) == Paid()

    @pytest.mark.parametrize(
        ("code", "refused"),
        [
            ("1032", Refused("1032", "cancelled")),
            (1032, Refused("1032", "cancelled")),
            ("1", Refused("1", "insufficient_funds")),
            ("17", Refused("17", "too_soon", 120)),
            ("SFC_IC0003", Refused("SFC_IC0003", "shop_misconfigured")),
        ],
    )
    def test_a_final_code_refuses(self, code: object, refused: Refused) -> None:
        assert provider_over(Wire(result(code))).look_up(question(REFERENCES)) == refused

    @pytest.mark.parametrize(
        "reply",
        [
            result("4999"),
            answered({"ResultCode": "4999", "ResultDesc": "The transaction is still under processing"}),
            error(500, "500.001.1001", "The transaction is being processed"),
            error(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID"),
            error(500, "500.003.02", "System is busy. Please try again in few minutes."),
            spike_arrest(),
            result("9999"),
            result("26"),
            result("BW-JMS-100039"),
            result("a code of next year"),
            result(None),
            result(True),
            result("0", ResponseCode="1"),
            answered({"ResultCode": "0"}, status=500),
            answered({"ResultCode": "1032"}, status=202),
            httpx.Response(200),
            httpx.Response(503, text="<html>"),
            httpx.ReadTimeout("silence"),
            httpx.ConnectError("refused"),
            httpx.RemoteProtocolError("cut"),
        ],
    )
    def test_everything_else_is_pending(self, reply: Reply) -> None:
        assert isinstance(provider_over(Wire(reply)).look_up(question(REFERENCES)), Pending)

    @pytest.mark.parametrize(
        ("reply", "failed"),
        [
            (error(500, "500.001.1001", "The transaction is being processed"), False),
            (error(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID"), False),
            (answered({"ResultCode": "4999", "ResultDesc": "The transaction is still under processing"}), False),
            (error(500, "500.003.02", "System is busy. Please try again in few minutes."), True),
            (spike_arrest(), True),
            (httpx.Response(503, text="<html>"), True),
            (httpx.ReadTimeout("silence"), True),
            (httpx.ConnectError("refused"), True),
        ],
    )
    def test_only_a_question_without_an_answer_is_a_fault_of_darajas(self, reply: Reply, failed: bool) -> None:
        outcome = provider_over(Wire(reply)).look_up(question(REFERENCES))
        assert isinstance(outcome, Pending)
        assert outcome.failed is failed

    def test_an_answer_about_another_request_decides_nothing(self) -> None:
        for other in ({"CheckoutRequestID": "ws_CO_other"}, {"MerchantRequestID": "other"}):
            assert isinstance(provider_over(Wire(result("0", **other))).look_up(question(REFERENCES)), Pending)

    def test_an_attempt_whose_push_answer_was_lost_is_asked_about_by_its_checkout_id(self) -> None:
        assert provider_over(Wire(result("0"))).look_up(question(References(None, CHECKOUT))) == Paid()

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_without_a_reference_nothing_is_asked(self, nothing: str | None) -> None:
        wire = Wire()
        assert provider_over(wire).look_up(question(References(MERCHANT, nothing))) == Pending("no reference")
        assert (len(wire.calls), wire.tokens) == (0, 0)


class TestRefund:
    def test_a_whole_payment_with_its_receipt_is_reversed(self) -> None:
        wire = Wire(answered(ACCEPTED))
        assert provider_over(wire).refund(refund_request()) == RefundAccepted("AG_20261122_1")
        assert wire.calls[0].url.path.endswith("/reversal/v1/request")

    @pytest.mark.parametrize("change", [{"receipt": None}, {"amount": kes(200)}])
    def test_a_part_or_an_unknown_receipt_is_paid_out(self, change: dict[str, Any]) -> None:
        wire = Wire(answered(ACCEPTED))
        assert provider_over(wire).refund(refund_request(**change)) == RefundAccepted("AG_20261122_1")
        assert wire.calls[0].url.path.endswith("/b2c/v3/paymentrequest")

    @pytest.mark.parametrize("path", bodies("ack"), ids=lambda path: path.stem)
    def test_every_recorded_acceptance_is_accepted(self, path: Any) -> None:
        assert isinstance(refund(httpx.Response(200, content=path.read_bytes())), RefundAccepted)

    def test_a_repeated_payout_was_accepted_the_first_time(self) -> None:
        body = (BODIES / "official_doc_samples/BusinessToCustomer_05_Sample_Error_Response.json").read_bytes()
        assert refund(httpx.Response(500, content=body), receipt=None) == RefundAccepted("7K3M9QXW2A-R1")

    @pytest.mark.parametrize(
        "reply",
        [
            httpx.ReadTimeout("silence"),
            httpx.ConnectError("refused"),
            httpx.Response(503),
            spike_arrest(),
            error(500, "500.002.1001", "Service is currently under maintenance"),
            error(500, "500.003.02", "System is busy"),
            answered({**ACCEPTED, "ResponseCode": "1"}),
            httpx.Response(200),
            httpx.Response(400),
            error(404, "a code of next year", "Invalid TransactionID"),
        ],
    )
    @pytest.mark.parametrize("receipt", ["SKC56QLGS5", None])
    def test_what_may_have_been_taken_is_unknown(self, reply: Reply, receipt: str | None) -> None:
        assert isinstance(refund(reply, receipt=receipt), RefundUnknown)

    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            (error(400, "400.002.02", "Bad Request - Invalid TransactionID"), "receipt_invalid"),
            (error(400, "400.002.02", "Bad Request - Invalid CommandID"), "shop_misconfigured"),
            (error(400, "400.002.02", "Bad Request - Invalid PartyA"), "number_invalid"),
            (error(500, "500.001.1001", "Merchant does not exist"), "shop_misconfigured"),
        ],
    )
    def test_a_certain_refusal_is_impossible(self, reply: httpx.Response, reason: str) -> None:
        code = reply.json()["errorCode"]
        assert refund(reply) == RefundImpossible(code, reason)

    def test_more_than_was_captured_is_never_sent(self) -> None:
        assert refund(amount=kes(1201)) == RefundImpossible("amount", "amount_invalid")
        assert refund(amount=kes(0), receipt=None) == RefundImpossible("amount", "amount_invalid")
        assert refund(amount=kes(10, 50)) == RefundImpossible("amount", "amount_invalid")

    def test_a_payout_needs_a_number(self) -> None:
        assert refund(receipt=None, phone="x") == RefundImpossible("phone", "number_invalid")


class TestResults:
    @pytest.mark.parametrize(
        ("sample", "outcome"),
        [
            ("reversal_result/0_The_service_request_is_process_01.json", RefundDone("RGS7BE6J7Q")),
            ("reversal_result/R000002_str_The_OriginalTransactionID_is_i_01.json",
             RefundImpossible("R000002", "receipt_invalid")),
            ("b2c_result/0_The_service_request_is_process_03.json", RefundDone("RBH1G9LQ7X")),
            ("b2c_result/1_The_balance_is_insufficient_fo_01.json", RefundImpossible("1", "no_float")),
            ("b2c_result/2001_The_initiator_information_is_i_01.json", RefundImpossible("2001", "initiator_refused")),
            ("b2c_result/2040_Credit_Party_customer_type_Unr_01.json", RefundImpossible("2040", "recipient_invalid")),
            ("b2b_result/17_system_internal_error_2024.json", RefundUnknown("result 17")),
            ("transaction_status_result/2032_The_transaction_receipt_number_01.json", RefundUnknown("result 2032")),
        ],
    )  # fmt: skip
    def test_recorded_results(self, sample: str, outcome: RefundOutcome) -> None:
        read = interpret_result((BODIES / sample).read_bytes())
        if isinstance(read, RefundImpossible):
            said = json.loads((BODIES / sample).read_bytes())["Result"]
            assert read.about == {said["ConversationID"], said["OriginatorConversationID"]}, "which try it speaks of"
            read = replace(read, about=frozenset())
        assert read == outcome

    @pytest.mark.parametrize("folder", ["transaction_status_result", "account_balance_result"])
    def test_the_answer_to_a_question_is_never_a_refund(self, folder: str) -> None:
        for path in bodies(folder):
            assert isinstance(interpret_result(path.read_bytes()), RefundUnknown)

    def test_already_reversed_is_done(self) -> None:
        body = json.dumps(
            {"Result": {"ResultCode": "R000001", "ConversationID": "AG_1", "TransactionID": "SKE0000000"}}
        )
        assert interpret_result(body) == RefundDone(None)

    def test_a_filler_is_no_receipt(self) -> None:
        for filler in ("SKE0000000", "0000000000000000"):
            body = json.dumps({"Result": {"ResultCode": 0, "ConversationID": "AG_1", "TransactionID": filler}})
            assert interpret_result(body) == RefundDone(None)

    @pytest.mark.parametrize(
        "body", [b"", b"not JSON", b"{}", b'{"Result": {"ResultCode": 0, "ConversationID": "AG_1"}}']
    )
    def test_a_queue_time_out_tells_nothing(self, body: bytes) -> None:
        assert isinstance(interpret_result(body, "timeout"), RefundUnknown)


class TestRecords:
    """Transaction Status Results, the only proof of an amount."""

    def test_recorded_records_are_read(self) -> None:
        production = (BODIES / "transaction_status_result/0_production_2024_paybill.json").read_bytes()
        assert payment_record(production) == PaymentRecord("SB636CKI48", 100, "254700370009")

    def test_text_amounts_and_doubled_parties_are_read(self) -> None:
        doubled = (BODIES / "transaction_status_result/0_The_service_request_is_process_01.json").read_bytes()
        assert payment_record(doubled) == PaymentRecord("MBN61J676H", 30_000, "254708374149")

    @pytest.mark.parametrize("amount", ["0", "0.00", "-1.00"])
    def test_what_moved_nothing_is_no_record_of_a_payment(self, amount: str) -> None:
        text = (BODIES / "transaction_status_result/0_production_2024_paybill.json").read_text()
        changed = re.sub(r'("Amount", "Value": )[0-9.]+', rf"\g<1>{amount}", text)
        assert changed != text
        assert payment_record(changed) is None

    def test_an_unknown_receipt_has_no_record(self) -> None:
        missing = (BODIES / "transaction_status_result/2032_The_transaction_receipt_number_01.json").read_bytes()
        assert payment_record(missing) is None

    def test_what_cannot_be_read_is_no_record(self) -> None:
        provider = provider_over(Wire())
        assert provider.read_record("not JSON") is None
        assert isinstance(provider.interpret_refund("not JSON", timed_out=False), RefundUnknown)
