"""Write to the buyer about an event of the order."""

from __future__ import annotations

from collections.abc import Callable

from commerce.kernel.events import Event
from commerce.notifications.mails import MAILED, Mail, Shop, mail_about
from commerce.notifications.store import SentMails
from commerce.payments.store import Payments

#: Sends one e-mail to one address.
Mailer = Callable[[str, Mail], None]


def tell_buyer(event: Event, payments: Payments, sent: SentMails, shop: Shop, send: Mailer) -> bool:
    """Send the e-mail that an event calls for, once, even when the bus delivers it again or twice at a time.

    A worker that dies between sending and noting it leaves the one gap: that e-mail is sent a second time.

    Returns
    -------
    bool
        Whether an e-mail was sent now.

    Raises
    ------
    MailInHand
        While another worker is at it.
    LookupError
        When the event's order cannot be found.
    """
    if event.type not in MAILED:
        return False
    account = payments.account(str(event.data["order_number"]), consistent=True)
    if account is None:
        raise LookupError(event.subject)
    mail = mail_about(event.type, event.data, account, shop)
    if mail is None or not sent.begin(event.id):
        return False
    send(account.order.terms.customer.email, mail)
    sent.done(event.id)
    return True
