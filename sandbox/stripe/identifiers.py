"""The identifiers Stripe hands out: a prefix that names the kind, and random letters and digits."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """`pi_` and the like, with as many random characters as Stripe's own ids have."""
    return f"{prefix}_{_random(length)}"


def client_secret(intent_id: str) -> str:
    """What lets a browser act on one PaymentIntent."""
    return f"{intent_id}_secret_{_random(25)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
