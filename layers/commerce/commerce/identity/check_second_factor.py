"""Ask somebody who is about to move money for a code of their second factor, and use it up."""

from __future__ import annotations

from commerce.identity.second_factor import SecondFactorRequired, SecondFactorWrong, step_of
from commerce.identity.second_factor_desk import SecondFactorDesk


def check_second_factor(desk: SecondFactorDesk, subject: str, code: str | None, *, request: str) -> None:
    """Use up a code for one request.

    A code counts once, and none older counts after it. The same request may bring it again while it counts: it is a
    repeat whose first answer was lost, and what it asks for happens once by its Idempotency-Key.

    Parameters
    ----------
    request
        What tells this request from any other of the same person.

    Raises
    ------
    SecondFactorRequired
        When no second factor is active, or no code was sent.
    SecondFactorWrong
        When the code is wrong, too old, or was used for another request.
    TooManyRequests
        After `MOST_WRONG` wrong codes within `WINDOW_SECONDS`.
    """
    factor = desk.factors.get(subject)
    if factor is None or not factor.active or factor.secret is None:
        raise SecondFactorRequired(
            "This takes a second factor, and you have none. Enrol an authenticator app: POST /admin/second-factor, "
            "then send its code to /admin/second-factor/confirm."
        )
    if not code:
        raise SecondFactorRequired("Send your authenticator app's present code in the header x-one-time-code.")
    desk.spend_guess(subject)
    step = step_of(desk.box.unlock(factor.secret, subject), code, int(desk.clock.now().timestamp()))
    if step is None:
        raise SecondFactorWrong("This is not your authenticator app's present code.")
    # The code was right, so nothing was guessed; whether it still counts is another matter.
    desk.give_guess_back(subject)
    if not desk.factors.spend(factor, step, request):
        raise SecondFactorWrong("This code was used already. Wait for the next one; it comes every thirty seconds.")
