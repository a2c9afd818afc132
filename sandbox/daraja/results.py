"""Results of asynchronous requests (reversal, payout, transaction status): acknowledgement, envelope, delivery."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from sandbox.daraja.callbacks import Address, deliver, wire
from sandbox.daraja.codes import Code, text_of
from sandbox.daraja.engine import Daraja, ResultsMode
from sandbox.daraja.faults import Answer, Json
from sandbox.daraja.identifiers import conversation_id, filler_receipt
from sandbox.daraja.validation import text, web_address

Item = dict[str, Any]
"""One Key/Value of a list; Value may be absent."""

QueueApi = Literal["reversalresults", "b2cresults"]


def item(key: str, value: Any = None) -> Item:
    """A Key/Value; without a value only the Key, as on the wire."""
    return {"Key": key} if value is None else {"Key": key, "Value": value}


def queue_item(api: QueueApi) -> Item:
    """The ReferenceItem of reversal and payout results: Safaricom's own inner URL, not the merchant's."""
    return item("QueueTimeoutURL", f"https://internalsandbox.safaricom.co.ke/mpesa/{api}/v1/submit")


@dataclass(frozen=True)
class Conversation:
    """One asynchronous request: its ids, where its result goes, and what it is about."""

    api: str
    originator_id: str
    conversation_id: str
    result_url: str
    timeout_url: str
    phone: str = ""
    reference: str = ""

    def acknowledge(self) -> Answer:
        """`ResponseCode` "0": accepted, not done."""
        return Answer(
            200,
            {
                "OriginatorConversationID": self.originator_id,
                "ConversationID": self.conversation_id,
                "ResponseCode": "0",
                "ResponseDescription": "Accept the service request successfully.",
            },
        )


def urls(daraja: Daraja, body: Json) -> tuple[str, str]:
    """ResultURL and QueueTimeOutURL, checked."""
    timeout_url = web_address(body, "QueueTimeOutURL", daraja.options)
    return web_address(body, "ResultURL", daraja.options), timeout_url


def new_conversation_id(daraja: Daraja) -> str:
    """A ConversationID of today."""
    return conversation_id(daraja.now())


def believes_initiator(daraja: Daraja, body: Json, member: str = "Initiator") -> bool:
    """Whether name and security credential are the ones of the options (wrong ones give result 2001)."""
    options = daraja.options
    credential = text(body, "SecurityCredential", maximum=2_000)
    return text(body, member) == options.initiator and credential == options.security_credential


def envelope(
    daraja: Daraja,
    conversation: Conversation,
    code: Code,
    reference_item: Item,
    *,
    receipt: str | None = None,
    parameters: list[Item] | None = None,
    result_type: int = 0,
) -> Json:
    """The `Result` body: ReferenceItem is an object, ResultParameters exist only on success."""
    result: Json = {
        "ResultType": result_type,
        "ResultCode": code,
        "ResultDesc": text_of(code),
        "OriginatorConversationID": conversation.originator_id,
        "ConversationID": conversation.conversation_id,
        "TransactionID": receipt or filler_receipt(daraja.now()),
    }
    if parameters:
        result["ResultParameters"] = {"ResultParameter": parameters}
    result["ReferenceData"] = {"ReferenceItem": reference_item}
    return {"Result": result}


def send(daraja: Daraja, conversation: Conversation, body: Json, mode: ResultsMode, reference_item: Item) -> None:
    """Schedule the result's delivery; "timeout" goes to the QueueTimeOutURL, "lost" nowhere.

    The body sent to QueueTimeOutURL is not documented; here it is a result with code 17 and ResultType 1.
    """
    url, api = conversation.result_url, f"{conversation.api}_result"
    if mode == "lost":
        return
    if mode == "timeout":
        url, api = conversation.timeout_url, f"{conversation.api}_timeout"
        body = envelope(daraja, conversation, 17, reference_item, result_type=1)
    to = Address(api, url, conversation.phone, conversation.reference)
    daraja.after(daraja.options.result_seconds, partial(deliver, daraja, to, wire(body)))
