"""What services sign: the exact text, and that no two requests share one."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.identity.door_refusals import ServiceSignatureRefused
from commerce.identity.signed_requests import SignedRequest, canonical, sign

SECRETS = ["newer-secret-0123456789", "older-secret-0123456789"]
NOW = 1_795_338_000
NONCE = "5b0e7a52-6a86-4a0b-9d3e-0d6f0c2f7a11"

methods = st.sampled_from(["POST", "PUT", "DELETE", "PATCH"])
paths = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40).map(lambda text: f"/{text}")
nonces = st.text("abcdefXYZ0189._~-", min_size=16, max_size=64)
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
Parts = tuple[str, str, int, str, str, bytes]
requests = st.tuples(methods, paths, st.integers(1, 10**12 - 1), nonces, keys, st.binary(max_size=200))


def headers(signature: str, *, signed_at: int = NOW, nonce: str = NONCE, key: str = "") -> dict[str, str]:
    return {
        **({"idempotency-key": key} if key else {}),
        "x-salama-timestamp": str(signed_at),
        "x-salama-nonce": nonce,
        "x-salama-signature": f"v1={signature}",
    }


def test_the_text_is_as_documented() -> None:
    body = b'{"change": 5}'
    text = canonical("POST", "/admin/stock/SKU-1/adjustments?why=count", NOW, NONCE, "count-7", body)
    assert text == (
        b"POST\n/admin/stock/SKU-1/adjustments?why=count\n1795338000\n5b0e7a52-6a86-4a0b-9d3e-0d6f0c2f7a11\ncount-7\n"
        + hashlib.sha256(body).hexdigest().encode()
    )
    assert sign(SECRETS[0], text) == hmac.new(SECRETS[0].encode(), text, "sha256").hexdigest()


@given(requests, requests)
def test_two_requests_never_share_a_text(one: Parts, other: Parts) -> None:
    assert (canonical(*one) == canonical(*other)) == (one == other)


@given(requests, st.sampled_from(SECRETS))
def test_what_was_signed_passes(request: Parts, secret: str) -> None:
    method, path, signed_at, nonce, key, body = request
    given_headers = headers(sign(secret, canonical(*request)), signed_at=signed_at, nonce=nonce, key=key)
    SignedRequest.read(method, path, given_headers, body).check(SECRETS, now=signed_at + 0.9, window=1)


@given(requests, st.integers(0, 5), requests)
def test_a_change_of_any_part_does_not_pass(request: Parts, part: int, other: Parts) -> None:
    changed = [*request[:part], other[part], *request[part + 1 :]]
    method, path, signed_at, nonce, key, body = changed
    told = headers(sign(SECRETS[0], canonical(*request)), signed_at=signed_at, nonce=nonce, key=key)  # type: ignore[arg-type]
    sent = SignedRequest.read(method, path, told, body)  # type: ignore[arg-type]
    if tuple(changed) == request:
        sent.check(SECRETS, now=signed_at, window=1)  # type: ignore[arg-type]
    else:
        with pytest.raises(ServiceSignatureRefused):
            sent.check(SECRETS, now=signed_at, window=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("secrets", [[], ["another-secret-0123456789"]])
def test_whose_secret_it_is_not_does_not_pass(secrets: list[str]) -> None:
    request = SignedRequest.read("PUT", "/", headers(sign(SECRETS[0], canonical("PUT", "/", NOW, NONCE, "", b""))), b"")
    with pytest.raises(ServiceSignatureRefused):
        request.check(secrets, now=NOW, window=300)


@given(st.integers(-10_000, 10_000), st.integers(1, 3600))
def test_the_window_is_open_both_ways(away: int, window: int) -> None:
    request = SignedRequest.read("PUT", "/", headers(sign(SECRETS[1], canonical("PUT", "/", NOW, NONCE, "", b""))), b"")
    if abs(away) <= window:
        request.check(SECRETS, now=NOW + away, window=window)
    else:
        with pytest.raises(ServiceSignatureRefused) as refused:
            request.check(SECRETS, now=NOW + away, window=window)
        assert refused.value.field == "x-salama-timestamp"


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_any_headers_are_read_or_refused(signed_at: str, nonce: str, signature: str) -> None:
    told = {"x-salama-timestamp": signed_at, "x-salama-nonce": nonce, "x-salama-signature": signature}
    with pytest.raises(ServiceSignatureRefused):
        SignedRequest.read("POST", "/", told, b"")
