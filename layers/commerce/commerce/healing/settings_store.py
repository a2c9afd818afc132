"""The bounds as they are set: the present version, and every earlier one."""

from __future__ import annotations

from datetime import datetime

from commerce.audit.store import EventLog
from commerce.healing.bounds import HealingSettings
from commerce.healing.events import HealingSettingsChanged
from commerce.healing.store import HealingRow
from commerce.kernel.commit import Commit
from commerce.kernel.errors import StaleWrite
from commerce.kernel.events import Event
from commerce.kernel.tables import Database

#: The settings' name in the event log.
SUBJECT = "healing/settings"
_CURRENT = "SETTINGS"


class SettingsStore:
    """Keeps how far the shop may go by itself."""

    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log
        self._rows = database.bind(HealingRow, "healing")

    def read(self) -> HealingSettings:
        """Return what holds now; the defaults when nobody has set anything."""
        return self._read(_CURRENT) or HealingSettings()

    def version(self, number: int) -> HealingSettings | None:
        """Return an earlier version; None when there was none."""
        return HealingSettings() if number == 0 else self._read(_name(number))

    def change(self, before: HealingSettings, after: HealingSettings, *, by: str, reason: str, now: datetime) -> None:
        """Write the next version with the event that tells of it.

        Raises
        ------
        StaleWrite
            When `before` does not hold any more.
        """
        rows = self._rows
        fact = HealingSettingsChanged(
            version=after.version,
            before=before.model_dump(mode="json"),
            after=after.model_dump(mode="json"),
            by=by,
            reason=reason,
        )
        unchanged = rows.pk.does_not_exist() if before.version == 0 else rows.version == before.version
        commit = Commit(self._database)
        text = after.model_dump_json()
        commit.put(rows(_CURRENT, version=after.version, value=text), when=unchanged, otherwise=_stale)
        commit.put(
            rows(_name(after.version), version=after.version, value=text),
            when=rows.pk.does_not_exist(),
            otherwise=_stale,
        )
        self._log.record(commit, Event.of(fact, subject=SUBJECT, sequence=f"{after.version:08d}", at=now))
        commit.send()

    def _read(self, name: str) -> HealingSettings | None:
        try:
            row = self._rows.get(name, consistent_read=True)
        except self._rows.DoesNotExist:
            return None
        return HealingSettings.model_validate_json(row.value or "")


def _name(version: int) -> str:
    return f"{_CURRENT}#{version:08d}"


def _stale(stored: object) -> StaleWrite:
    return StaleWrite(SUBJECT)
