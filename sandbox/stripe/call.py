"""One API call as the endpoints see it."""

from dataclasses import dataclass

from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json, StripeRefusal
from sandbox.stripe.events import Cause
from sandbox.stripe.models import Intent


@dataclass(frozen=True)
class Call:
    """An authenticated call with checked parameters.

    Args:
        target: the id in the path, empty without one.
        values: the parameters, with their types.
        from_browser: it carried the publishable key.
    """

    target: str
    values: Json
    cause: Cause
    from_browser: bool = False

    def intent(self, sim: StripeSimulator) -> Intent:
        """The PaymentIntent it is about.

        Raises:
            StripeRefusal: there is none, or a browser does not know its client_secret.
        """
        intent = sim.books.intent(self.target)
        if self.from_browser and self.values.get("client_secret") != intent.client_secret:
            raise StripeRefusal(
                400,
                "invalid_request_error",
                "The client_secret provided does not match the client_secret associated with the PaymentIntent.",
                code="payment_intent_invalid_parameter",
                param="client_secret",
            )
        return intent
