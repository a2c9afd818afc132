"""How an order's terms are stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.ordering.model import Customer
from commerce.ordering.terms_text import pack, unpack
from tests.unit.orders import an_order

#: The terms of `an_order`, as the first release stored them. They must stay readable for ever.
STORED = bytes.fromhex(
    "0123c28d3e8e01ba860887fa241694e417a038d7889073cd4d91dd6b688ae4622303334b03629d8d924060c61091448c4c2c"
    "8c2c10f65bc0eda74a6a31343535343742b60a47c2094fcccbcacc2e55f04ecc4d2c454a45e5107187d48ac4dc829c546cc9"
    "c9d0c8d8c4d4ccdc42890e4500febcef9b9fa9e058969a579aaa60485e396068a86b64146260094cb8401445a05880ab3634"
    "05abae0500"
)


def test_terms_of_the_first_release_are_read() -> None:
    assert unpack(STORED) == an_order().terms


@given(st.text(max_size=200), st.text(max_size=200))
def test_what_is_packed_is_unpacked(name: str, email: str) -> None:
    customer = Customer(name=name, email=email, phone="+254712345678")
    terms = an_order().terms.model_copy(update={"customer": customer})
    assert unpack(pack(terms)) == terms


def test_two_lines_of_real_goods_leave_most_of_a_kilobyte() -> None:
    terms = an_order().terms
    lines = (
        terms.lines[0].model_copy(update={"sku": "LAP-T480-16-512", "name": "Lenovo ThinkPad T480, 16 GB / 512 GB"}),
        terms.lines[0].model_copy(update={"sku": "KEY-FLASH-1", "name": "Savanna 75 mechanical keyboard"}),
    )
    assert len(pack(terms.model_copy(update={"lines": lines}))) < 400


def test_terms_of_a_newer_shop_are_refused() -> None:
    with pytest.raises(ValueError, match="newer"):
        unpack(b"\x02" + STORED[1:])
