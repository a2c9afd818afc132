"""An issuer's keys are fetched seldom, from where they should be, and outlive a while without it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.identity import keys
from commerce.identity.keys import LARGEST, LIFETIME, PAUSE, STALE_FOR, FetchFailed, KeySets, fetch_document
from commerce.identity.providers import read_providers
from commerce.kernel.errors import Unavailable
from tests.support.shop import MovableClock
from tests.support.tokens import DISCOVERY, ISSUER, JWKS, Documents, SigningKey

OLD, NEW = SigningKey("old", "EdDSA"), SigningKey("new", "EdDSA")


class Issuer:
    """Keys, what serves them, and a clock."""

    def __init__(self, **changes: Any) -> None:
        [self.provider] = read_providers(json.dumps([{"issuer": ISSUER, "audience": ["salama"], **changes}]))
        self.documents, self.clock = Documents(OLD), MovableClock()
        self.sets = KeySets(self.clock, self.documents.fetch)

    def find(self, kid: str | None) -> list[str]:
        return [str(key.get("kid")) for key in self.sets.find(self.provider, kid)]

    def wait(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    @property
    def fetches(self) -> int:
        return self.documents.asked.count(JWKS)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def test_discovery_leads_to_the_keys(issuer: Issuer) -> None:
    assert issuer.find("old") == ["old"]
    assert issuer.documents.asked == [DISCOVERY, JWKS]


def test_a_configured_address_needs_no_discovery() -> None:
    issuer = Issuer(jwks_url=JWKS)
    assert issuer.find("old") == ["old"]
    assert issuer.documents.asked == [JWKS]


def test_the_slash_at_an_issuers_end_is_part_of_its_name() -> None:
    issuer = Issuer(issuer=f"{ISSUER}/")
    with pytest.raises(Unavailable):
        issuer.find("old")
    issuer.documents.served[DISCOVERY] = json.dumps({"issuer": f"{ISSUER}/", "jwks_uri": JWKS}).encode()
    issuer.wait(PAUSE)
    assert issuer.find("old") == ["old"]


def test_keys_are_kept_for_their_lifetime(issuer: Issuer) -> None:
    for _ in range(10):
        issuer.find("old")
        issuer.wait(LIFETIME / 10 - 1)
    assert issuer.fetches == 1
    issuer.wait(10)
    issuer.find("old")
    assert issuer.fetches == 2


def test_a_new_key_is_found_with_one_fetch(issuer: Issuer) -> None:
    issuer.find("old")
    issuer.wait(PAUSE)
    issuer.documents.publish([OLD, NEW])
    assert (issuer.find("new"), issuer.find("old"), issuer.fetches) == (["new"], ["old"], 2)


def test_a_removed_key_is_forgotten_with_the_next_fetch(issuer: Issuer) -> None:
    issuer.find("old")
    issuer.documents.publish([NEW])
    issuer.wait(PAUSE)
    assert issuer.find("old") == ["old"], "nothing said yet that it is gone"
    assert issuer.find("new") == ["new"]
    assert issuer.find("old") == []


def test_a_flood_of_unknown_key_ids_fetches_seldom(issuer: Issuer) -> None:
    issuer.find("old")
    for number in range(300):
        issuer.wait(1)
        assert issuer.find(f"../../{number}") == []
    assert issuer.fetches == 1 + 300 // PAUSE
    assert issuer.find("old") == ["old"]


def test_two_issuers_keys_are_kept_apart(issuer: Issuer) -> None:
    other = issuer.provider.model_copy(update={"issuer": "https://other.test", "jwks_url": "https://other.test/keys"})
    issuer.documents.served["https://other.test/keys"] = json.dumps({"keys": [NEW.public]}).encode()
    assert issuer.find("new") == []
    assert [key["kid"] for key in issuer.sets.find(other, "new")] == ["new"]
    assert issuer.sets.find(other, "old") == []


def test_a_token_without_a_key_id_means_the_only_key(issuer: Issuer) -> None:
    assert issuer.find(None) == ["old"]
    issuer.documents.publish([OLD, NEW])
    issuer.wait(LIFETIME)
    assert issuer.find(None) == []


def test_known_keys_outlive_a_day_without_their_issuer(issuer: Issuer) -> None:
    issuer.find("old")
    issuer.documents.down = True
    issuer.wait(STALE_FOR - 1)
    assert issuer.find("old") == ["old"]
    asked = len(issuer.documents.asked)
    assert issuer.find("old") == ["old"]
    assert issuer.find("new") == []
    assert len(issuer.documents.asked) == asked, "who is down is not asked at each call"
    issuer.wait(1)
    with pytest.raises(Unavailable):
        issuer.find("old")


def test_who_never_answered_is_asked_again_soon(issuer: Issuer) -> None:
    issuer.documents.down = True
    for _ in range(20):
        with pytest.raises(Unavailable) as refused:
            issuer.find("old")
        assert refused.value.retry_after == keys.FIRST_PAUSE
    assert len(issuer.documents.asked) == 1
    issuer.documents.down = False
    issuer.wait(keys.FIRST_PAUSE)
    assert issuer.find("old") == ["old"]


def test_a_clock_that_goes_back_does_not_keep_keys_for_ever(issuer: Issuer) -> None:
    issuer.find("old")
    issuer.wait(-3600)
    issuer.find("old")
    assert issuer.fetches == 2


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": null}',
        b"[" * 60_000,
        json.dumps({"keys": [{"kid": "x"}] * 101}).encode(),
    ],
)
def test_a_malformed_set_takes_no_good_one_away(issuer: Issuer, document: bytes) -> None:
    issuer.find("old")
    issuer.documents.served[JWKS] = document
    issuer.wait(LIFETIME)
    assert issuer.find("old") == ["old"]


def test_an_empty_set_takes_every_key_away(issuer: Issuer) -> None:
    issuer.find("old")
    issuer.documents.publish([])
    issuer.wait(LIFETIME)
    assert issuer.find("old") == []


@pytest.mark.parametrize(
    "found",
    [
        {"issuer": "https://other.test", "jwks_uri": JWKS},
        {"jwks_uri": JWKS},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": 7},
        {"issuer": ISSUER, "jwks_uri": "http://identity.test/jwks.json"},
        {"issuer": ISSUER, "jwks_uri": "http://127.0.0.1/jwks.json"},
        {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
    ],
)
def test_discovery_is_not_followed_elsewhere(issuer: Issuer, found: dict[str, Any]) -> None:
    issuer.documents.served[DISCOVERY] = json.dumps(found).encode()
    with pytest.raises(Unavailable):
        issuer.find("old")
    assert issuer.documents.asked == [DISCOVERY]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["kid", "kty", "x"]), st.none() | st.integers() | st.text(max_size=3)),
        max_size=4,
    )
)
def test_any_set_of_keys_is_read(found: list[dict[str, Any]]) -> None:
    issuer = Issuer(jwks_url=JWKS)
    issuer.documents.served[JWKS] = json.dumps({"keys": [*found, 7, None, OLD.public]}).encode()
    assert issuer.find("old") == ["old"]


Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Return what starts a server on this machine with one answer, and says its address."""
    running: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": answer, "log_message": lambda *_: None})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/keys"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def answering(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def test_a_document_comes_over_the_network(serve: Callable[[Answer], str]) -> None:
    assert fetch_document(serve(answering(200, b'{"keys": []}'))) == b'{"keys": []}'
    assert len(fetch_document(serve(answering(200, b"x" * LARGEST)))) == LARGEST


@pytest.mark.parametrize(
    "answer",
    [
        answering(302, Location="http://127.0.0.1:9/elsewhere"),
        answering(404, b"{}"),
        answering(500),
        answering(204),
        answering(200, b"x" * (LARGEST + 1)),
    ],
)
def test_any_other_answer_is_none(serve: Callable[[Answer], str], answer: Answer) -> None:
    with pytest.raises(FetchFailed):
        fetch_document(serve(answer))


def test_a_redirect_is_not_followed(serve: Callable[[Answer], str]) -> None:
    reached: list[str] = []

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        reached.append(request.path)
        answering(200, b'{"keys": []}')(request)

    with pytest.raises(FetchFailed, match="302"):
        fetch_document(serve(answering(302, Location=serve(elsewhere))))
    assert reached == []


def test_who_does_not_answer_is_not_waited_for() -> None:
    with pytest.raises(FetchFailed):
        fetch_document("http://127.0.0.1:9/keys")
    with pytest.raises(FetchFailed):
        fetch_document("https://127.0.0.1:9/keys")


def test_who_answers_drop_by_drop_is_cut_off(serve: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "PATIENCE", -1.0)
    with pytest.raises(FetchFailed, match="slowly"):
        fetch_document(serve(answering(200, b"{}")))
