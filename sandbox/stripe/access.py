"""Who calls: the shop's server with the secret key, or a browser with the publishable key."""

import base64
import binascii
from hmac import compare_digest

from sandbox.stripe.errors import Json, StripeRefusal, unauthorized
from sandbox.stripe.options import StripeOptions


def from_browser(options: StripeOptions, authorization: str, form: Json, *, public: bool) -> bool:
    """False: the secret key came. True: the publishable key came, to an endpoint that takes it.

    Args:
        public: may this endpoint be called with the publishable key?

    Raises:
        StripeRefusal: 401: no key, an unknown key, or the publishable key where the secret one is wanted.
    """
    key = _key(authorization) or str(form.get("key", ""))
    if not key:
        raise unauthorized("You did not provide an API key.")
    if compare_digest(key.encode(), options.secret_key.encode()):
        return False
    if not compare_digest(key.encode(), options.publishable_key.encode()):
        raise unauthorized(f"Invalid API Key provided: {masked(key)}")
    if not public:
        raise StripeRefusal(
            401,
            "invalid_request_error",
            "This API call cannot be made with a publishable API key. Use a secret API key.",
            code="secret_key_required",
        )
    return True


def masked(key: str) -> str:
    """A key as it may be shown."""
    return f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}" if len(key) > 12 else "*" * len(key)


def _key(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
