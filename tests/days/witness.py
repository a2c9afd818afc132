"""Who reads along what the shop tells the world: nothing may be told that is not in the log at that moment."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from commerce.notifications.mails import Shop as Letterhead
from commerce.notifications.mails import mail_about
from tests.support.cloud.cloud import Cloud
from tests.support.promises import accounts


@dataclass
class Witness:
    """Stands between the functions and the bus and the mail; `complaints` are announcements of what never happened."""

    cloud: Cloud
    complaints: list[str] = field(default_factory=list)
    _log: dict[str, dict[str, Any]] = field(default_factory=dict)

    def listen(self, service: str, operation: str, given: dict[str, Any]) -> None:
        """Look at a call of a function before it is answered."""
        with self.cloud.faults_off():
            if (service, operation) == ("events", "PutEvents"):
                self._read_facts(given)
            elif (service, operation) == ("sesv2", "SendEmail"):
                self._read_mail(given["Content"]["Simple"])

    def assert_honest(self) -> None:
        """Nothing was told that is not so, and no event was changed or taken away since the last look."""
        assert not self.complaints, self.complaints
        log = self._read_log()
        for name, row in self._log.items():
            assert log.get(name) == row, f"the event {name} was changed or taken away"
        self._log = log
        asked = Counter((row["pk"]["S"], row["request"]["S"]) for row in log.values() if "request" in row)
        assert not [one for one, times in asked.items() if times > 1], "one request was carried out twice"

    def _read_facts(self, given: dict[str, Any]) -> None:
        log = self._read_log()
        for entry in given["Entries"]:
            fact = json.loads(entry["Detail"])
            known = log.get(fact["id"])
            if known is None or known["type"] != {"S": fact["type"]}:
                self.complaints.append(f"the bus is told of {fact['type']} {fact['id']}, which is not in the log")

    def _read_mail(self, mail: dict[str, Any]) -> None:
        subject, text = (mail["Subject"]["Data"], mail["Body"]["Text"]["Data"])
        settings = self.cloud.plan.environments["notify_customer"]
        letterhead = Letterhead(settings["SHOP_NAME"], settings["STOREFRONT_URL"])
        for account in accounts(self.cloud.shop):
            if account.order.number in text:
                trail = self.cloud.shop.till.log.trail(account.order.subject)
                due = [mail_about(event.type, event.data, account, letterhead) for event in trail]
                if subject in {one.subject for one in due if one is not None}:
                    return
        self.complaints.append(f"an e-mail tells of what is not in the log: {subject}")

    def _read_log(self) -> dict[str, dict[str, Any]]:
        database = self.cloud.shop.database
        rows: dict[str, dict[str, Any]] = {}
        more: dict[str, Any] = {}
        while True:
            page = database.connection.dispatch(
                "Scan", {"TableName": database._names["events"], "ConsistentRead": True, **more}
            )
            rows |= {f"{row['pk']['S']}/{row['sk']['S']}": row for row in page["Items"]}
            if "LastEvaluatedKey" not in page:
                return rows
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
