"""Telephone numbers as people write them."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s().\-]")
_KENYAN_MOBILE = re.compile(r"(?:\+?254|0)?([71]\d{8})", re.ASCII)
_INTERNATIONAL = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)


def kenyan_mobile(text: str) -> str:
    """Return a Kenyan mobile number as Daraja wants it: ``2547XXXXXXXX`` or ``2541XXXXXXXX``.

    Accepts 07…, 01…, 7…, 1…, 254… and +254…, with spaces, dots, dashes and brackets.

    Raises
    ------
    ValueError
        When it is no Kenyan mobile number.
    """
    found = _KENYAN_MOBILE.fullmatch(_SEPARATORS.sub("", text))
    if found is None:
        raise ValueError("not a Kenyan mobile number; write it like 0712 345 678")
    return "254" + found[1]


def contact_number(text: str) -> str:
    """Return a telephone number in international form: a Kenyan mobile number, or any that starts with ``+``.

    Raises
    ------
    ValueError
        When it is neither.
    """
    plain = _SEPARATORS.sub("", text)
    if _INTERNATIONAL.fullmatch(plain) and not plain.startswith("+254"):
        return plain
    return "+" + kenyan_mobile(text)


def masked(number: str) -> str:
    """Return a number that can be shown or logged: the last three digits only."""
    return "•" * max(0, len(number) - 3) + number[-3:]
