"""Stripe's form encoding, and the parameter check that is read from the SDK's types."""

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode
from stripe.params._payment_intent_create_params import PaymentIntentCreateParams

from sandbox.stripe.errors import Invalid
from sandbox.stripe.form import decode
from sandbox.stripe.parameters import hints_of

NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
LEAVES = st.text(max_size=12).filter(lambda text: "\x00" not in text and text.isprintable())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50)
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_the_sdk_encodes_is_decoded_again(form: dict[str, object]) -> None:
    assert decode(urlencode(list(_api_encode(form)))) == form


def test_brackets_nest_objects_and_lists() -> None:
    assert decode("a[b][c]=1&d[]=2&d[]=3&e[1]=5&e[0]=4&f=") == {
        "a": {"b": {"c": "1"}}, "d": ["2", "3"], "e": ["4", "5"], "f": ""
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a[b=1", "[a]=1", "a]=1", "a=1&a[b]=2", "a[b]=2&a=1", "a[b][c][d][e][f][g]=1"])
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode(text)


def test_the_sdks_own_options_are_no_parameters() -> None:
    names = hints_of(PaymentIntentCreateParams)
    assert {"amount", "currency", "metadata"} <= names.keys()
    assert not {"api_key", "idempotency_key", "stripe_version"} & names.keys()
