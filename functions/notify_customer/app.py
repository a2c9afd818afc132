"""SQS, fed by the event bus: write to buyers."""

from __future__ import annotations

import json
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.kernel.context import correlated, current
from commerce.kernel.events import Event
from commerce.notifications.mails import Mail, Shop
from commerce.notifications.store import SentMails
from commerce.notifications.tell_buyer import tell_buyer
from commerce.payments.store import Payments
from commerce.runtime import wiring
from commerce.runtime.aws import client
from commerce.runtime.settings import MailSettings, read

logger = Logger()
CORRELATION = "X-Correlation-Id"
processor = BatchProcessor(event_type=EventType.SQS, logger=logger)  # type: ignore[arg-type]


def notify(record: SQSRecord) -> None:
    """Handle one event of the bus."""
    event = Event.model_validate(json.loads(record.body)["detail"])
    settings = read(MailSettings, os.environ)
    with correlated(event.correlation_id):
        sent = tell_buyer(
            event,
            Payments(wiring.database()),
            SentMails(wiring.database(), wiring.clock()),
            Shop(settings.shop_name, settings.storefront_url),
            send,
        )
        logger.info("event seen", event_id=event.id, event_type=event.type, mailed=sent)


def send(address: str, mail: Mail) -> None:
    """Send an e-mail through SES; a header that mail programs do not show says which click it follows from."""
    correlation_id = current().correlation_id
    client("sesv2").send_email(
        FromEmailAddress=read(MailSettings, os.environ).mail_from,
        Destination={"ToAddresses": [address]},
        Content={
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": mail.text, "Charset": "UTF-8"}},
                **({"Headers": [{"Name": CORRELATION, "Value": correlation_id}]} if correlation_id else {}),
            }
        },
    )


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)
