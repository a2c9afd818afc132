"""Order terms as they are stored: JSON, deflated, so that an order of a few lines stays under one kilobyte.

DynamoDB bills every change of a row by its whole size, doubled in a transaction. The terms are most of an order's row
and never change, yet each change of the order would pay for them again.
"""

from __future__ import annotations

import zlib

from commerce.ordering.model import OrderTerms

#: Names the dictionary below. Stored terms need it for ever: a better one gets the next number.
VERSION = b"\x01"

#: What nearly every order's terms contain, the most frequent last: deflate refers to it instead of repeating it.
_DICTIONARY = (
    b'"discount":"USD","rounding":0,"exempt","letter":"A","rate":"0""zero","letter":"C"'
    b'{"zone":"international","label":"International","carrier":"DHL Express","estimate":"3-7 days",'
    b'{"zone":"kenya","label":"Rest of Kenya","carrier":"G4S / Wells Fargo","estimate":"3-5 days",'
    b'"address":{"line1":"","line2":"","city":"Mombasa","region":"","postcode":"00100","country":"KE"}},'
    b'"delivery":{"zone":"nairobi_metro","label":"Nairobi Metro","carrier":"Local courier",'
    b'"estimate":"within 24 hours","address":{"line1":"","city":"Nairobi","country":"KE"}},'
    b'"placed_at":"2026-","first_reserved_until":"2026-"}'
    b'],"subtotal":0000,"shipping":30000,"rounding":0,"tax":,"total":,"tax_record":[{"tax_class":"standard",'
    b'"letter":"B","rate":"16","taxable":,"tax":}],"customer":{"name":"","email":"@gmail.com","phone":"+2547"},'
    b'{"currency":"KES","lines":[{"sku":"","name":"","quantity":1,"stock_buckets":1,"unit_price":0000,"total":0000,'
    b'"tax":,"tax_class":"standard","tax_rate":"16"},{"sku":"'
)


def pack(terms: OrderTerms) -> bytes:
    """Write terms for storing."""
    deflate = zlib.compressobj(level=9, wbits=-15, zdict=_DICTIONARY)
    text = terms.model_dump_json(exclude_defaults=True).encode()
    return VERSION + deflate.compress(text) + deflate.flush()


def unpack(stored: bytes) -> OrderTerms:
    """Read stored terms.

    Raises
    ------
    ValueError
        When they were written with a dictionary that this code does not know.
    """
    if stored[:1] != VERSION:
        raise ValueError("these terms were stored by a newer shop")
    return OrderTerms.model_validate_json(zlib.decompressobj(wbits=-15, zdict=_DICTIONARY).decompress(stored[1:]))
