"""What is answered to those whom the door does not let in. `reason` is for the shop's own records only."""

from __future__ import annotations

from typing import ClassVar

from commerce.kernel.errors import Conflict, NotPermitted, ShopError


class ClientKeyRefused(ShopError):
    """No key of a known frontend was sent. The answer does not say whether there was none or a wrong one."""

    challenge: ClassVar[str] = "Salama-Client-Key"

    def __init__(self, reason: str) -> None:
        super().__init__("This shop answers its own frontends only: send their key.", field="x-client-key")
        self.reason = reason


class OriginRefused(NotPermitted):
    """The key belongs to a frontend whose pages come from elsewhere."""

    def __init__(self, reason: str) -> None:
        super().__init__("This key is not for pages of this origin.")
        self.reason = reason


class ServiceKeyRefused(ShopError):
    """No service has the key. The answer does not say whether there are services at all."""

    challenge: ClassVar[str] = "Salama-Internal-Key"

    def __init__(self, reason: str) -> None:
        super().__init__("No service is known by this key.", field="x-internal-key")
        self.reason = reason


class AmbiguousCaller(ShopError):
    """A service's key came with somebody's token: on whose behalf the request is, nobody can say."""

    def __init__(self) -> None:
        super().__init__("Send a service's key or a token, not both.", field="authorization")
        self.reason = "a service's key beside a token"


class ServiceSignatureRefused(ShopError):
    """What a service changes must be signed; this was not, or not so, or not now. `field` names the header."""

    challenge: ClassVar[str] = "Salama-Signature"

    def __init__(self, detail: str, *, field: str, reason: str) -> None:
        super().__init__(detail, field=field)
        self.reason = reason


class NonceSpent(Conflict):
    """A request with this nonce was let in before: this one is a replay."""

    def __init__(self) -> None:
        super().__init__("This nonce was used before. Sign the request anew.", field="x-salama-nonce")
        self.reason = "replayed"
