"""B2C: the merchant pays a customer. Its own OriginatorConversationID makes a repeat harmless."""

from sandbox.daraja.callbacks import with_decimals
from sandbox.daraja.codes import PAID, Code
from sandbox.daraja.engine import Daraja
from sandbox.daraja.faults import Answer, Json, Refusal, invalid
from sandbox.daraja.identifiers import EAT
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
from sandbox.daraja.validation import PHONE, SHORTCODE, amount, matching, remarks, text

COMMANDS = ("BusinessPayment", "SalaryPayment", "PromotionPayment")
REFERENCE = queue_item("b2cresults")


async def pay_out(daraja: Daraja, body: Json) -> Answer:
    """POST /mpesa/b2c/v3/paymentrequest; a repeated OriginatorConversationID gives 500.002.1001.

    The id is used up by the first accepted request, whatever became of it.
    """
    originator_id = text(body, "OriginatorConversationID", maximum=64)
    if text(body, "CommandID") not in COMMANDS:
        raise invalid("CommandID")
    asked = amount(body)
    payer = matching(body, "PartyA", SHORTCODE)
    phone = matching(body, "PartyB", PHONE)
    result_url, timeout_url = urls(daraja, body)
    remarks(body)
    occasion = str(body.get("Occassion", ""))
    trusted = believes_initiator(daraja, body, "InitiatorName")

    if originator_id in daraja.payouts_seen:
        raise Refusal(500, "500.002.1001", "Duplicate OriginatorConversationID.")
    daraja.payouts_seen.add(originator_id)
    conversation = Conversation(
        "payout", originator_id, new_conversation_id(daraja), result_url, timeout_url, phone, occasion
    )
    mode = daraja.provider.results
    if mode == "timeout":
        send(daraja, conversation, {}, mode, REFERENCE)
        return conversation.acknowledge()
    code: Code = 2001
    done: Transaction | None = None
    if trusted:
        code, done = _execute(daraja, asked, payer, conversation)
    result = envelope(
        daraja,
        conversation,
        code,
        REFERENCE,
        receipt=done.receipt if done else None,
        parameters=_parameters(daraja, done) if done else None,
    )
    send(daraja, conversation, result, mode, REFERENCE)
    return conversation.acknowledge()


def _execute(daraja: Daraja, asked: int, payer: str, conversation: Conversation) -> tuple[Code, Transaction | None]:
    if payer not in daraja.options.merchants:
        return "SFC_IC0003", None
    try:
        done = daraja.ledger.move(
            "payout",
            asked,
            payer,
            conversation.phone,
            daraja.now(),
            reference=conversation.reference,
            originator_id=conversation.originator_id,
            conversation_id=conversation.conversation_id,
        )
    except NoFunds:
        return 1, None
    return PAID, done


def _parameters(daraja: Daraja, done: Transaction) -> list[Item]:
    return [
        item("TransactionAmount", done.amount),
        item("TransactionReceipt", done.receipt),
        item("ReceiverPartyPublicName", f"{done.credit} - Test Person"),
        item("TransactionCompletedDateTime", done.at.astimezone(EAT).strftime("%d.%m.%Y %H:%M:%S")),
        item("B2CUtilityAccountAvailableFunds", with_decimals(daraja.ledger.balance(done.debit))),
        item("B2CWorkingAccountAvailableFunds", with_decimals(0)),
        item("B2CRecipientIsRegisteredCustomer", "Y"),
        item("B2CChargesPaidAccountAvailableFunds", with_decimals(0)),
    ]
