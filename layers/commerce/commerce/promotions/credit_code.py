"""Store credit's codes: who has the code may spend the credit, so the shop keeps only what a code can be checked by."""

from __future__ import annotations

from hashlib import sha256

ENTROPY_BYTES = 13
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 20
_GROUP = 5
#: What people write for a letter or digit that looks like it (Crockford's base 32).
_LOOK_ALIKES = str.maketrans("ILO", "110", " -")


def credit_code(entropy: bytes) -> str:
    """Write random bytes as the code of a credit, ``XXXXX-XXXXX-XXXXX-XXXXX``: 100 bits that nobody can guess.

    Whoever has the code has the credit: it must never be logged or put into an event.

    Raises
    ------
    ValueError
        When the bytes hold less than 100 bits.
    """
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"a code needs {ENTROPY_BYTES} random bytes")
    value = int.from_bytes(entropy)
    letters = "".join(_ALPHABET[value >> (5 * place) & 31] for place in range(_LENGTH))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def credit_id(code: str) -> str:
    """Return what the shop knows a credit by, 32 hexadecimal digits, from its code as a person writes it.

    Raises
    ------
    ValueError
        When no credit can have this code.
    """
    letters = code.upper().translate(_LOOK_ALIKES)
    if len(letters) != _LENGTH or any(letter not in _ALPHABET for letter in letters):
        raise ValueError("This credit cannot be used.")
    return sha256(letters.encode()).hexdigest()[:32]
