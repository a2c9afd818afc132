"""Reversal: a payment goes back to the customer, at most once."""

from sandbox.daraja.callbacks import with_decimals
from sandbox.daraja.codes import PAID, Code
from sandbox.daraja.engine import Daraja, ResultsMode
from sandbox.daraja.faults import Answer, Json, invalid
from sandbox.daraja.identifiers import eat_digits, request_id
from sandbox.daraja.ledger import NoFunds, Transaction
from sandbox.daraja.results import (
    Conversation,
    Item,
    believes_initiator,
    envelope,
    item,
    new_conversation_id,
    queue_item,
    send,
    urls,
)
from sandbox.daraja.script import Reversal
from sandbox.daraja.validation import SHORTCODE, amount, matching, remarks, text

REFERENCE = queue_item("reversalresults")


async def reverse(daraja: Daraja, body: Json) -> Answer:
    """POST /mpesa/reversal/v1/request: acknowledged at once, the outcome comes as a result.

    A receipt can be reversed once, in full or in part; more than was paid is refused with Invalid Amount. Neither
    is documented: the facts name no code for a partial or an excessive reversal.
    """
    if text(body, "CommandID") != "TransactionReversal":
        raise invalid("CommandID")
    wanted = text(body, "TransactionID", maximum=20)
    asked = amount(body)
    receiver = matching(body, "ReceiverParty", SHORTCODE)
    if text(body, "RecieverIdentifierType") != "11":
        raise invalid("RecieverIdentifierType")
    result_url, timeout_url = urls(daraja, body)
    remarks(body)
    trusted = believes_initiator(daraja, body)

    paid = _payment_to(daraja, wanted, receiver)
    if paid and asked > paid.amount:
        raise invalid("Amount")
    about = daraja.pushes.by_receipt(wanted)
    conversation = Conversation(
        "reversal",
        request_id(),
        new_conversation_id(daraja),
        result_url,
        timeout_url,
        phone=about.phone if about else "",
        reference=about.reference if about else "",
    )
    how = about.story.reversal if about and about.story else Reversal.NORMAL
    mode = daraja.provider.results
    if mode == "timeout":
        send(daraja, conversation, {}, mode, REFERENCE)
        return conversation.acknowledge()
    code, done = (2001, None) if not trusted else _execute(daraja, paid, asked, how, conversation)
    result = envelope(
        daraja,
        conversation,
        code,
        REFERENCE,
        receipt=done.receipt if done else None,
        parameters=_parameters(daraja, done) if done else None,
    )
    send(daraja, conversation, result, _mode(how, code, mode), REFERENCE)
    return conversation.acknowledge()


def _mode(how: Reversal, code: Code, mode: ResultsMode) -> ResultsMode:
    if code != PAID:
        return mode
    stories: dict[Reversal, ResultsMode] = {Reversal.RESULT_LOST: "lost", Reversal.TIMED_OUT: "timeout"}
    return stories.get(how, mode)


def _payment_to(daraja: Daraja, receipt: str, receiver: str) -> Transaction | None:
    """The payment with this receipt, if it went to the merchant that `receiver` (shortcode or till) names."""
    found = daraja.ledger.find(receipt)
    if found is None or found.kind != "payment":
        return None
    merchant = daraja.options.merchants[found.credit]
    return found if receiver in (merchant.shortcode, merchant.till) else None


def _execute(
    daraja: Daraja,
    paid: Transaction | None,
    asked: int,
    how: Reversal,
    conversation: Conversation,
) -> tuple[Code, Transaction | None]:
    if paid is None:
        return "R000002", None
    if how is Reversal.NO_FLOAT:
        return 1, None
    if how is Reversal.ALREADY_DONE and daraja.ledger.reversal_of(paid.receipt) is None:
        _take_back(daraja, paid, paid.amount, "portal", "")
    if daraja.ledger.reversal_of(paid.receipt):
        return "R000001", None
    try:
        done = _take_back(daraja, paid, asked, conversation.originator_id, conversation.conversation_id)
    except NoFunds:
        return 1, None
    return PAID, done


def _take_back(daraja: Daraja, paid: Transaction, asked: int, originator_id: str, conversation: str) -> Transaction:
    return daraja.ledger.move(
        "reversal",
        asked,
        paid.credit,
        paid.debit,
        daraja.now(),
        reference=paid.reference,
        originator_id=originator_id,
        conversation_id=conversation,
        original=paid.receipt,
    )


def _parameters(daraja: Daraja, done: Transaction) -> list[Item]:
    left = f"{daraja.ledger.balance(done.debit)}.00"
    return [
        item("DebitAccountBalance", f"Utility Account|KES|{left}|{left}|0.00|0.00"),
        item("Amount", with_decimals(done.amount)),
        item("TransCompletedTime", int(eat_digits(done.at))),
        item("OriginalTransactionID", done.original),
        item("Charge", with_decimals(0)),
        item("CreditPartyPublicName", f"{done.credit} - Test Person"),
        item("DebitPartyPublicName", f"{done.debit} - {daraja.options.business_name}"),
    ]
