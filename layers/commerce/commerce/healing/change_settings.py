"""People set how far the shop may go by itself."""

from __future__ import annotations

from commerce.healing.bounds import HealingSettings
from commerce.healing.desk import HealingDesk
from commerce.kernel.errors import Conflict, NotFound, StaleWrite


class SettingsChanged(Conflict):
    """Somebody else changed the settings first; `version` is the one that holds now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The settings are at version {version} now. Read them again.", field="version")
        self.version = version


def change_settings(desk: HealingDesk, wanted: HealingSettings, *, by: str, reason: str) -> HealingSettings:
    """Set bounds in place of the version that `wanted` names; the new one has the number after.

    An earlier version is set again the same way: read it, and send it with the present version's number.

    Raises
    ------
    SettingsChanged
        When that version does not hold any more.
    """
    before = desk.settings.read()
    if wanted.version != before.version:
        raise SettingsChanged(before.version)
    after = wanted.model_copy(update={"version": before.version + 1})
    try:
        desk.settings.change(before, after, by=by, reason=reason, now=desk.clock.now())
    except StaleWrite:
        raise SettingsChanged(desk.settings.read().version) from None
    return after


def settings_version(desk: HealingDesk, version: int | None) -> HealingSettings:
    """Return what holds now, or an earlier version.

    Raises
    ------
    NotFound
        When there was no such version.
    """
    if version is None:
        return desk.settings.read()
    found = desk.settings.version(version)
    if found is None:
        raise NotFound("There was no such version of the settings.")
    return found
