"""Transaction Status: the provider's own record of a receipt, as an asynchronous result."""

from sandbox.daraja.callbacks import with_decimals
from sandbox.daraja.engine import Daraja
from sandbox.daraja.faults import Answer, Json, invalid
from sandbox.daraja.identifiers import eat_digits, request_id
from sandbox.daraja.ledger import Transaction
from sandbox.daraja.results import (
    Conversation,
    Item,
    believes_initiator,
    envelope,
    item,
    new_conversation_id,
    send,
    urls,
)
from sandbox.daraja.script import Metadata
from sandbox.daraja.validation import SHORTCODE, matching, remarks, text

REASONS = {
    "payment": "Pay Bill Online",
    "reversal": "Transaction Reversal via API",
    "payout": "Business Payment to Customer via API",
}


async def show_transaction(daraja: Daraja, body: Json) -> Answer:
    """POST /mpesa/transactionstatus/v1/query by TransactionID or OriginalConversationID.

    OriginalConversationID finds a payment by the MerchantRequestID of its push: inferred from recorded results,
    whose OriginatorConversationID has the shape of a MerchantRequestID.
    """
    if text(body, "CommandID") != "TransactionStatusQuery":
        raise invalid("CommandID")
    receipt = text(body, "TransactionID", maximum=20) if body.get("TransactionID") else ""
    original = text(body, "OriginalConversationID", maximum=64) if body.get("OriginalConversationID") else ""
    if not receipt and not original:
        raise invalid("TransactionID")
    party = matching(body, "PartyA", SHORTCODE)
    if text(body, "IdentifierType") != "4":
        raise invalid("IdentifierType")
    result_url, timeout_url = urls(daraja, body)
    remarks(body)
    trusted = believes_initiator(daraja, body)

    found = daraja.ledger.find(receipt) if receipt else daraja.ledger.find_by_conversation(original)
    conversation = Conversation(
        "transaction_status",
        request_id(),
        new_conversation_id(daraja),
        result_url,
        timeout_url,
        reference=found.reference if found else "",
    )
    occasion = item("Occasion", body.get("Occasion") or None)
    known = {name for one in daraja.options.merchants.values() for name in (one.shortcode, one.till) if name}
    if not trusted:
        result = envelope(daraja, conversation, 2001, occasion)
    elif party not in known:
        result = envelope(daraja, conversation, 7, occasion)
    elif found is None:
        result = envelope(daraja, conversation, 2032, occasion)
    else:
        result = envelope(daraja, conversation, 0, occasion, parameters=_parameters(daraja, found))
    send(daraja, conversation, result, daraja.provider.results, occasion)
    return conversation.acknowledge()


def _party(daraja: Daraja, account: str) -> str:
    merchant = daraja.options.merchants.get(account)
    return f"{account} - {merchant.name if merchant else 'Test Person'}"


def _parameters(daraja: Daraja, found: Transaction) -> list[Item]:
    """The Key/Value list; a story with odd metadata gets strings for numbers and DebitPartyName twice."""
    about = daraja.pushes.by_receipt(found.receipt)
    odd = bool(about and about.story and about.story.metadata is not Metadata.PLAIN)
    moment = eat_digits(found.at)
    debit = item("DebitPartyName", _party(daraja, found.debit))
    return [
        *([item("DebitPartyName", _party(daraja, found.credit))] if odd else []),
        debit,
        *([] if odd else [item("CreditPartyName", _party(daraja, found.credit))]),
        item("OriginatorConversationID", found.originator_id),
        item("InitiatedTime", moment if odd else int(moment)),
        item("CreditPartyCharges"),
        item("DebitAccountType", "MMF Account For Customer" if found.kind == "payment" else "Utility Account"),
        item("TransactionReason"),
        item("ReasonType", REASONS.get(found.kind, "")),
        item("TransactionStatus", "Completed"),
        item("FinalisedTime", moment if odd else int(moment)),
        item("Amount", str(found.amount) if odd else with_decimals(found.amount)),
        item("ConversationID", found.conversation_id or new_conversation_id(daraja)),
        item("ReceiptNo", found.receipt),
    ]
