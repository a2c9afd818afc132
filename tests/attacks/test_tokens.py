"""Forged, confused, stale and malformed tokens: each is refused as the next, and none does more."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from commerce.healing.desk import MACHINE
from commerce.identity.claims import Caller
from commerce.identity.keys import LIFETIME, PAUSE, KeySets
from commerce.identity.permissions import Role
from commerce.identity.providers import read_providers
from commerce.identity.tokens import LEEWAY, LONGEST, RSA_BITS, Tokens
from commerce.kernel.errors import NotSignedIn, Unavailable
from tests.support.shop import MovableClock
from tests.support.tokens import AUDIENCE, BEGINS, ISSUER, JWKS, Documents, SigningKey, claims

RSA_KEY, EC_KEY, ED_KEY = SigningKey("rsa", "RS256"), SigningKey("ec", "ES256"), SigningKey("ed", "EdDSA")
#: What every refusal of a token says, so that a forger learns nothing from it.
SAME = "This sign-in is not valid. Please sign in again."


class Door:
    """One issuer with three keys, what verifies its tokens, and a clock."""

    def __init__(self, *keys: SigningKey, **changes: Any) -> None:
        given = {"issuer": ISSUER, "audience": [AUDIENCE], "algorithms": ["RS256", "ES256", "EdDSA"], **changes}
        self.clock, self.documents = MovableClock(), Documents(*(keys or (RSA_KEY, EC_KEY, ED_KEY)))
        providers = read_providers(json.dumps([given]))
        self.tokens = Tokens(providers, KeySets(self.clock, self.documents.fetch), self.clock)

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def wait(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    def refuses(self, token: str, reason: str, detail: str = SAME) -> None:
        with pytest.raises(NotSignedIn) as refused:
            self.tokens.verify(token)
        assert (refused.value.detail, refused.value.reason) == (detail, reason)
        assert refused.value.field is None


@pytest.fixture
def door() -> Door:
    return Door()


def b64(value: bytes | dict[str, Any]) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unsigned(header: dict[str, Any] | bytes, body: dict[str, Any] | bytes, signature: bytes = b"") -> str:
    return f"{b64(header)}.{b64(body)}.{b64(signature)}"


# Good ones


@pytest.mark.parametrize("key", [RSA_KEY, EC_KEY, ED_KEY], ids=lambda key: key.algorithm)
def test_a_good_token_is_let_in(door: Door, key: SigningKey) -> None:
    token = key.sign(claims(sub="auth0|5f7c", roles=["support"], auth_time=BEGINS))
    assert door.tokens.verify(token) == Caller(
        "auth0|5f7c", "person@example.com", frozenset({Role.SUPPORT}), False, BEGINS
    )


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_an_access_token_may_say_that_it_is_one(door: Door, kind: str) -> None:
    assert door.tokens.verify(EC_KEY.sign(claims(), typ=kind)).subject == "person-1"


def test_an_audience_among_others(door: Door) -> None:
    assert door.tokens.verify(EC_KEY.sign(claims(aud=["https://identity.test/userinfo", AUDIENCE])))


def test_a_cognito_access_token_names_its_client(door: Door) -> None:
    given = claims(client_id=AUDIENCE, token_use="access")
    del given["aud"]
    assert door.tokens.verify(EC_KEY.sign(given)).subject == "person-1"
    for changes in ({"client_id": "another"}, {"token_use": "id"}, {"token_use": "refresh"}, {"token_use": 1}):
        door.refuses(EC_KEY.sign(given | changes), "it is for another audience")


def test_the_only_key_needs_no_id() -> None:
    key = SigningKey(None, "ES256")
    assert Door(key).tokens.verify(key.sign(claims())).subject == "person-1"


# Whose signature


@pytest.mark.parametrize(
    "name", ["none", "None", "NONE", "nOnE", "", None, 7, ["RS256"], "HS256", "HS512", "RS512", "dir"]
)
@pytest.mark.parametrize("signature", [b"", b"x"])
def test_no_algorithm_but_the_issuers(door: Door, name: object, signature: bytes) -> None:
    token = unsigned({"alg": name, "typ": "JWT", "kid": "rsa"}, claims(roles=["admin"]), signature)
    door.refuses(token, "its algorithm is none that its issuer may use")


def test_no_algorithm_at_all(door: Door) -> None:
    door.refuses(unsigned({"kid": "rsa"}, claims()), "its algorithm is none that its issuer may use")


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_the_public_key_is_no_shared_secret(door: Door, encoding: Encoding) -> None:
    """RFC 8725, 2.1: a verifier that lets the token choose takes the public RSA key for an HMAC secret."""
    for algorithm in ("HS256", "RS256"):
        secret = RSA_KEY.private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        text = f"{b64({'alg': algorithm, 'kid': 'rsa'})}.{b64(claims(roles=['admin']))}"
        forged = f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"
        with pytest.raises(NotSignedIn):
            door.tokens.verify(forged)


def test_another_key_under_the_same_id(door: Door) -> None:
    for algorithm in ("RS256", "ES256", "EdDSA"):
        good = {"RS256": "rsa", "ES256": "ec", "EdDSA": "ed"}[algorithm]
        door.refuses(SigningKey(good, algorithm).sign(claims()), "its signature is wrong")


def test_a_key_of_another_kind(door: Door) -> None:
    door.refuses(EC_KEY.sign(claims(), kid="rsa"), "its key is none of its issuer's")
    door.refuses(RSA_KEY.sign(claims(), kid="ed"), "its key is none of its issuer's")


def test_another_issuers_key(door: Door) -> None:
    door.refuses(SigningKey("stranger").sign(claims()), "its key is none of its issuer's")


def test_the_id_is_needed_where_there_are_several_keys(door: Door) -> None:
    key = SigningKey(None, "ES256")
    key.private = EC_KEY.private
    door.refuses(key.sign(claims()), "its key is none of its issuer's")


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/etc/passwd",
        "https://evil.test/keys",
        "ec' OR '1'='1",
        "ec\x00",
        "EC",
        "ec ",
        "{}",
        "%65c",
    ],
)
def test_a_key_id_is_a_name_and_nothing_else(door: Door, kid: str) -> None:
    door.refuses(EC_KEY.sign(claims(), kid=kid), "its key is none of its issuer's")
    assert {url for url in door.documents.asked if not url.startswith(ISSUER)} == set()


@pytest.mark.parametrize("kid", [7, ["ec"], {"kid": "ec"}, True, "x" * 256])
def test_a_key_id_that_is_no_name(door: Door, kid: object) -> None:
    door.refuses(unsigned({"alg": "ES256", "kid": kid}, claims(), b"x"), "its key id is none")


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_what_a_token_says_of_its_own_key_is_not_read(door: Door, member: str) -> None:
    """RFC 8725, 3.10: a token that brings its key, or says where it is, vouches for itself."""
    thief = SigningKey("ec")
    said: dict[str, Any] = {
        "jwk": thief.public,
        "jku": "https://evil.test/jwks.json",
        "x5u": "http://169.254.169.254/latest/meta-data",
        "x5c": ["MIIB"],
    }
    door.refuses(thief.sign(claims(), **{member: said[member]}), "its signature is wrong")
    assert door.tokens.verify(EC_KEY.sign(claims(), **{member: said[member]})).subject == "person-1"
    assert all(url.startswith(ISSUER) for url in door.documents.asked)


def test_a_changed_claim_breaks_the_signature(door: Door) -> None:
    header, _, signature = EC_KEY.sign(claims()).split(".")
    door.refuses(f"{header}.{b64(claims(roles=['admin']))}.{signature}", "its signature is wrong")


def test_a_signature_that_is_missing_or_cut(door: Door) -> None:
    for key in (RSA_KEY, EC_KEY, ED_KEY):
        text, _, signature = key.sign(claims()).rpartition(".")
        for cut in ("", signature[:-4], signature + "AAAA", b64(b"\0" * 64), b64(b"\0" * 256)):
            door.refuses(f"{text}.{cut}", "its signature is wrong")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"use": "enc"}, "its key is none of its issuer's"),
        ({"alg": "ES384"}, "its key is none of its issuer's"),
        ({"key_ops": ["sign"]}, "its key is none of its issuer's"),
        ({"key_ops": "verify"}, "its key is none of its issuer's"),
        ({"kty": "oct", "k": "c2VjcmV0"}, "its key is none of its issuer's"),
        ({"crv": "P-384"}, "its key is none of its issuer's"),
        ({"crv": "secp256k1"}, "its key is none of its issuer's"),
        ({"x": None}, "its key is none of its issuer's"),
        ({"x": 7}, "its key is none of its issuer's"),
        ({"d": "c2VjcmV0"}, "its key is none of its issuer's"),
        ({"x": "AAAA"}, "its signature is wrong"),
        ({"y": "!"}, "its signature is wrong"),
    ],
)
def test_a_key_that_was_not_meant_for_this(changes: dict[str, Any], reason: str) -> None:
    door = Door()
    door.documents.served[JWKS] = json.dumps({"keys": [EC_KEY.public | changes]}).encode()
    door.refuses(EC_KEY.sign(claims()), reason)


def test_two_keys_of_one_id_are_none(door: Door) -> None:
    door.documents.publish([EC_KEY, SigningKey("ec")])
    door.refuses(EC_KEY.sign(claims()), "its key is none of its issuer's")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_short_rsa_key_signs_nothing() -> None:
    key = SigningKey("short", "RS256")
    key.private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert key.private.key_size not in RSA_BITS
    Door(key).refuses(key.sign(claims()), "its signature is wrong")


# For whom, and when


@pytest.mark.parametrize(
    "issuer", [None, "", f"{ISSUER}/", ISSUER.upper(), "https://evil.test", 7, [ISSUER], {"a": 1}, f" {ISSUER}", "null"]
)
def test_another_issuer(door: Door, issuer: object) -> None:
    token = unsigned({"alg": "ES256", "kid": "ec"}, claims() | {"iss": issuer})
    door.refuses(token, "its issuer is not known here")
    assert door.documents.asked == [], "for a stranger nothing is fetched"


@pytest.mark.parametrize(
    "audience", [None, "", "another", [], ["another"], AUDIENCE.upper(), f"{AUDIENCE} ", 7, {AUDIENCE: 1}, [[AUDIENCE]]]
)
def test_another_audience(door: Door, audience: object) -> None:
    door.refuses(EC_KEY.sign(claims() | {"aud": audience}), "it is for another audience")


def test_a_client_id_is_no_audience_but_cognitos(door: Door) -> None:
    given = claims(client_id=AUDIENCE)
    del given["aud"]
    door.refuses(EC_KEY.sign(given), "it is for another audience")


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "dpop+jwt", "JOSE", "", None, 7])
def test_another_kind_of_token(door: Door, kind: object) -> None:
    token = unsigned({"alg": "ES256", "kid": "ec", "typ": kind}, claims(), b"x" * 64)
    door.refuses(token, "it is no access token")


@pytest.mark.parametrize("critical", [["b64"], ["exp"], [], "b64", None])
def test_an_extension_that_must_be_understood(door: Door, critical: object) -> None:
    token = unsigned({"alg": "ES256", "kid": "ec", "crit": critical, "b64": False}, claims(), b"x" * 64)
    door.refuses(token, "it demands extensions")


def test_an_expired_token(door: Door) -> None:
    token = EC_KEY.sign(claims(exp=door.now - LEEWAY + 1))
    assert door.tokens.verify(token)
    door.wait(1)
    door.refuses(token, "it has expired", "Your sign-in has ended. Please sign in again.")


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_of_the_future(door: Door, claim: str) -> None:
    assert door.tokens.verify(EC_KEY.sign(claims(**{claim: door.now + LEEWAY})))
    door.refuses(EC_KEY.sign(claims(**{claim: door.now + LEEWAY + 1})), "it is not valid yet")


@pytest.mark.parametrize("moment", [None, "1795338000", True, -1, [1], {}, 10**12, 10**400])
def test_a_token_that_does_not_end(door: Door, moment: object) -> None:
    door.refuses(EC_KEY.sign(claims() | {"exp": moment}), "it does not say when it ends")


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize("moment", ["1", True, -1, [], 10**400])
def test_times_that_are_none(door: Door, claim: str, moment: object) -> None:
    token = unsigned({"alg": "EdDSA", "kid": "ed"}, claims())
    text = f"{token.split('.')[0]}.{b64(claims() | {claim: moment})}"
    door.refuses(f"{text}.{b64(ED_KEY.private.sign(text.encode()))}", "its times cannot be read")


@pytest.mark.parametrize("subject", [None, "", 7, "a b", "x" * 256])
def test_a_token_of_nobody(door: Door, subject: object) -> None:
    token = unsigned({"alg": "EdDSA", "kid": "ed"}, claims())
    text = f"{token.split('.')[0]}.{b64(claims() | {'sub': subject})}"
    signed = f"{text}.{b64(ED_KEY.private.sign(text.encode()))}"
    door.refuses(signed, "sub is missing or is no subject", "The token does not say whose it is.")


# What is no token


def test_a_huge_token(door: Door) -> None:
    door.refuses(EC_KEY.sign(claims(more="x" * LONGEST)), "it is too long")
    door.refuses("a" * 10_000_000, "it is too long")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "a.b.c\n",
        "a.b.c=",
        "ａ.b.c",
        "a b.c.d",
        "a.b.c,a.b.c",
        "undefined",
        "null",
        "{{token}}",
        "\x00",
        "eyJhbGciOiJkaXIifQ..a.b.c",
    ],
)
def test_garbage(door: Door, token: str) -> None:
    door.refuses(token, "it is no signed token")


@pytest.mark.parametrize(
    "part", [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff", b"[" * 5000, b"{" + b'"a":{' * 900, b"9" * 5000]
)
def test_parts_that_are_no_objects(door: Door, part: bytes) -> None:
    text = b64(part) or "A"
    door.refuses(f"{text}.{b64(claims())}.AA", "it cannot be read")
    door.refuses(f"{b64({'alg': 'ES256'})}.{text}.AA", "it cannot be read")


@pytest.mark.parametrize(
    "body", [b'{"sub": "me", "sub": "you"}', b'{"exp": NaN}', b'{"exp": Infinity}', b'{"a": {"b": 1, "b": 2}}']
)
def test_parts_that_two_readers_could_read_differently(door: Door, body: bytes) -> None:
    for token in (unsigned({"alg": "EdDSA", "kid": "ed"}, body), unsigned(body, claims())):
        text = token.rpartition(".")[0]
        door.refuses(f"{text}.{b64(ED_KEY.private.sign(text.encode()))}", "it cannot be read")


# Keys that come and go


def test_an_issuer_that_rotates(door: Door) -> None:
    new = SigningKey("new")
    assert door.tokens.verify(EC_KEY.sign(claims()))
    door.documents.publish([EC_KEY, new])
    door.wait(PAUSE)
    asked = len(door.documents.asked)
    assert door.tokens.verify(new.sign(claims()))
    assert door.tokens.verify(EC_KEY.sign(claims()))
    assert len(door.documents.asked) - asked == 2, "one look at the discovery document, one at the keys"
    door.documents.publish([new])
    door.wait(LIFETIME)
    assert door.tokens.verify(new.sign(claims()))
    door.refuses(EC_KEY.sign(claims()), "its key is none of its issuer's")


def test_a_flood_of_made_up_keys(door: Door) -> None:
    door.tokens.verify(EC_KEY.sign(claims()))
    asked = len(door.documents.asked)
    for number in range(100):
        door.refuses(SigningKey(f"made-up-{number}", "EdDSA").sign(claims()), "its key is none of its issuer's")
    assert len(door.documents.asked) == asked
    door.wait(PAUSE)
    for number in range(100):
        door.refuses(SigningKey(f"made-up-{number}", "EdDSA").sign(claims()), "its key is none of its issuer's")
    assert len(door.documents.asked) == asked + 2
    assert door.tokens.verify(EC_KEY.sign(claims()))


def test_while_the_issuer_is_down(door: Door) -> None:
    token = EC_KEY.sign(claims())
    door.documents.down = True
    with pytest.raises(Unavailable):
        door.tokens.verify(token)
    door.documents.down = False
    door.wait(PAUSE)
    assert door.tokens.verify(token)
    door.documents.down = True
    door.wait(LIFETIME)
    assert door.tokens.verify(token), "known keys serve on"
    door.refuses(SigningKey("ec").sign(claims()), "its signature is wrong")


# Several issuers


def two() -> tuple[Tokens, SigningKey, SigningKey]:
    """Trust two issuers: one for staff by name, one for customers."""
    clock, documents = MovableClock(), Documents(EC_KEY)
    other = SigningKey("ec")
    documents.served["https://other.test/keys"] = json.dumps({"keys": [other.public]}).encode()
    providers = [
        {"issuer": ISSUER, "audience": [AUDIENCE], "roles": {}},
        {"issuer": "https://other.test", "audience": ["other"], "jwks_url": "https://other.test/keys", "name": "staff"},
    ]
    return Tokens(read_providers(json.dumps(providers)), KeySets(clock, documents.fetch), clock), EC_KEY, other


def test_an_issuer_speaks_for_its_own_people_only() -> None:
    tokens, first, other = two()
    mine = claims(roles=["admin"])
    theirs = mine | {"iss": "https://other.test", "aud": "other"}
    assert tokens.verify(first.sign(mine)) == Caller("person-1", "person@example.com")
    assert tokens.verify(other.sign(theirs)).subject == "staff:person-1"
    assert tokens.verify(other.sign(theirs)).roles == {Role.ADMIN}
    for forged in (first.sign(theirs), other.sign(mine), other.sign(theirs | {"aud": AUDIENCE})):
        with pytest.raises(NotSignedIn):
            tokens.verify(forged)


@pytest.mark.parametrize("subject", ["staff:person-1", "staff:", "staff", "service/erp", "carrier/dhl", MACHINE])
def test_no_subject_is_written_as_another_issuers(subject: str) -> None:
    tokens, first, _ = two()
    with pytest.raises(NotSignedIn) as refused:
        tokens.verify(first.sign(claims(sub=subject)))
    assert refused.value.reason == "its subject is written as another issuer's, or as no person's"


# Anything at all


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one, max_size=3),
    max_leaves=5,
)
_HEADERS = st.fixed_dictionaries(
    {},
    optional={"alg": st.sampled_from(["ES256", "none", "HS256"]) | _JSON, "kid": st.just("ec") | _JSON, "typ": _JSON},
)
_CLAIMS = st.fixed_dictionaries(
    {"iss": st.just(ISSUER) | _JSON},
    optional=dict.fromkeys(("sub", "aud", "exp", "nbf", "iat", "roles", "email", "token_use", "client_id"), _JSON),
)


@given(st.text() | st.text(alphabet="abcAZ09-_.=", max_size=60))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(NotSignedIn):
        Door().tokens.verify(text)


@given(_HEADERS, _CLAIMS, st.binary(max_size=70))
def test_any_unsigned_token_is_refused(header: dict[str, Any], body: dict[str, Any], signature: bytes) -> None:
    with pytest.raises(NotSignedIn):
        Door().tokens.verify(unsigned(header, body, signature))


@given(_CLAIMS)
def test_any_signed_claims_are_read_or_refused(body: dict[str, Any]) -> None:
    text = f"{b64({'alg': 'EdDSA', 'kid': 'ed'})}.{b64(claims() | body)}"
    try:
        Door().tokens.verify(f"{text}.{b64(ED_KEY.private.sign(text.encode()))}")
    except NotSignedIn as refused:
        assert refused.reason
