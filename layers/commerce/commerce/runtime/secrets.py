"""What the secrets hold, for those who may read them."""

from __future__ import annotations

import os

from commerce.payments.links import CallbackLinks
from commerce.runtime.aws import secret
from commerce.runtime.environment import required


def daraja_secret() -> dict[str, str]:
    """Return Daraja's secrets.

    Members: consumer_key, consumer_secret, passkey, initiator_name, security_credential and callback_key.
    """
    return secret(required(os.environ, "DARAJA_SECRET_ID"))


def callback_links(base_url: str = "") -> CallbackLinks:
    """Return what makes and opens callback addresses; opening them needs no base URL.

    ``callback_key`` may hold several keys with commas between them, newest first, while one replaces another.
    """
    keys = [key.strip() for key in daraja_secret()["callback_key"].split(",")]
    return CallbackLinks(base_url, keys)


def carrier_secrets(carrier: str) -> list[str]:
    """Return the secrets a carrier may sign its reports with, newest first; none for a carrier that is not known."""
    known = secret(required(os.environ, "CARRIER_SECRET_ID")).get(carrier, "")
    return [key.strip() for key in known.split(",") if key.strip()]
