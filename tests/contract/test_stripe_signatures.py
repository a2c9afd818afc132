"""Signatures of webhooks, against the SDK's own way of making and of checking them."""

from __future__ import annotations

import hmac
import time
from hashlib import sha256

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from commerce.payments.providers.stripe.signatures import TOLERANCE_SECONDS, Fault, Signature, fault_of

NOW = 1_795_338_000
SECRET = "whsec_newest"
OLD = "whsec_older"
BODY = b'{"id":"evt_1","object":"event"}'

SECRETS = st.text(min_size=1, max_size=40).filter(str.strip).filter(lambda text: text.isprintable())
BODIES = st.text(max_size=200)


def signed(body: bytes = BODY, secret: str = SECRET, at: int = NOW) -> str:
    header: str = WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return header


def v1(secret: str, at: str = str(NOW), body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()


def by_the_sdk(header: str, body: bytes, secret: str) -> bool:
    try:
        return bool(WebhookSignature.verify_header(body, header, secret, None))
    except SignatureVerificationError:
        return False


@given(BODIES, SECRETS, st.integers(0, 10**11))
def test_what_the_sdk_signs_is_let_in(body: str, secret: str, at: int) -> None:
    raw = body.encode()
    header = signed(raw, secret, at)
    assert fault_of(header, raw, [secret], at) is None
    assert by_the_sdk(header, raw, secret)


@given(BODIES, SECRETS, SECRETS, st.binary(max_size=20))
def test_another_body_or_another_secret_is_not(body: str, secret: str, other: str, more: bytes) -> None:
    raw = body.encode()
    header = signed(raw, secret)
    assume(secret != other)
    assert fault_of(header, raw, [other], NOW) is Fault.FORGED
    assert fault_of(header, raw + more + b"x", [secret], NOW) is Fault.FORGED


PIECES = st.sampled_from(
    [
        "t=",
        "v1=",
        "v0=",
        ",",
        "=",
        " ",
        f"t={NOW}",
        f"v1={v1(SECRET)}",
        f"v1={v1(OLD)}",
        str(NOW),
        "t=0",
        "é",
        "\n",
        "-",
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=60))
@example(f"t={NOW},v1={v1(SECRET)}")
@example(f"t={NOW},v0={v1(SECRET)}")
@example(f"t={NOW},t={NOW},v1={v1(SECRET)}")
def test_nothing_is_let_in_that_the_sdk_would_not(header: str) -> None:
    if fault_of(header, BODY, [SECRET], NOW) is None:
        assert by_the_sdk(header, BODY, SECRET)


@given(st.integers(-2 * TOLERANCE_SECONDS, 2 * TOLERANCE_SECONDS))
@example(TOLERANCE_SECONDS)
@example(-TOLERANCE_SECONDS)
@example(TOLERANCE_SECONDS + 1)
@example(-TOLERANCE_SECONDS - 1)
def test_a_signature_is_good_for_five_minutes_both_ways(off: int) -> None:
    expected = None if abs(off) <= TOLERANCE_SECONDS else Fault.STALE
    assert fault_of(signed(at=NOW + off), BODY, [SECRET], NOW) is expected


def test_the_tolerance_is_stripes_own() -> None:
    old = signed(at=int(time.time()) - TOLERANCE_SECONDS - 5)
    with pytest.raises(SignatureVerificationError, match="tolerance"):
        WebhookSignature.verify_header(BODY, old, SECRET, TOLERANCE_SECONDS)
    assert fault_of(old, BODY, [SECRET], time.time()) is Fault.STALE


@pytest.mark.parametrize("secrets", [[SECRET], [OLD], [SECRET, OLD], ["whsec_else", OLD], ["", OLD]])
def test_while_a_secret_is_rolled_both_sign_and_either_is_known(secrets: list[str]) -> None:
    header = f"t={NOW},v1={v1(SECRET)},v1={v1(OLD)},v0={v1('whsec_zero')}"
    assert fault_of(header, BODY, secrets, NOW) is None


@pytest.mark.parametrize("secrets", [[], [""], [" "], ["whsec_else"]])
def test_without_the_right_secret_nothing_is_let_in(secrets: list[str]) -> None:
    assert fault_of(signed(), BODY, secrets, NOW) is Fault.FORGED
    blank = f"t={NOW},v1={v1('')},v1={v1(' ')}"
    assert fault_of(blank, BODY, secrets, NOW) is Fault.FORGED, "an empty secret would let everybody sign"


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (None, Fault.MISSING),
        ("", Fault.MISSING),
        ("t=1", Fault.MALFORMED),
        (f"v1={v1(SECRET)}", Fault.MALFORMED),
        (f"t={NOW},v0={v1(SECRET)}", Fault.MALFORMED),
        (f"t={NOW},v1={v1(SECRET).upper()}", Fault.MALFORMED),
        (f"t={NOW},v1={v1(SECRET)[:-1]}", Fault.MALFORMED),
        (f"t=0{NOW},v1={v1(SECRET, '0' + str(NOW))}", Fault.MALFORMED),
        (f"t= {NOW},v1={v1(SECRET)}", Fault.MALFORMED),
        (f"t=-5,v1={v1(SECRET, '-5')}", Fault.MALFORMED),
        (f"t=٣,v1={v1(SECRET, '٣')}", Fault.MALFORMED),
        ("t=" + "9" * 5000 + f",v1={v1(SECRET)}", Fault.MALFORMED),
        (f"t={NOW},v1={v1(SECRET)}" + ",v1=" + "0" * 5000, Fault.MALFORMED),
        (f"t={NOW}.{NOW},v1={v1(SECRET)}", Fault.MALFORMED),
        (f"t={NOW},t={NOW},v1={v1(SECRET)}", Fault.MALFORMED),
        (f"t={NOW + 1},v1={v1(SECRET)}", Fault.FORGED),
        (f"t={NOW},v1={'0' * 64}", Fault.FORGED),
    ],
)
def test_a_header_that_is_wrong(header: str | None, fault: Fault) -> None:
    assert fault_of(header, BODY, [SECRET], NOW) is fault


def test_the_body_is_taken_as_it_came() -> None:
    raw = b'\xff\xfe {"id": 1}\r\n'
    assert fault_of(f"t={NOW},v1={v1(SECRET, body=raw)}", raw, [SECRET], NOW) is None
    assert fault_of(f"t={NOW},v1={v1(SECRET, body=raw)}", raw.strip(), [SECRET], NOW) is Fault.FORGED


def test_every_candidate_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    right = hmac.compare_digest

    def noted(a: str, b: str) -> bool:
        compared.append((a, b))
        return right(a, b)

    monkeypatch.setattr("commerce.payments.providers.stripe.signatures.hmac.compare_digest", noted)
    signature = Signature(str(NOW), ("0" * 64, v1(SECRET)))
    assert signature.is_by(SECRET, BODY)
    assert [second for _, second in compared] == ["0" * 64, v1(SECRET)]
