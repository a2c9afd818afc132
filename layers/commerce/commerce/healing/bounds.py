"""How far the shop may go by itself: modes and limits of each action, a dry run, and one switch for everything. Pure.

People set it; it is a row with a version, and each change of it an event (promise 6).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from commerce.healing.model import Action, Kind


class Mode(StrEnum):
    """Whether an action is taken, waits for an approval, or is not taken at all."""

    AUTO = "auto"
    PROPOSE = "propose"
    OFF = "off"


class ActionBounds(BaseModel):
    """How one action is used.

    `per_item` is how often on one case, by the shop itself and as often again by people; `per_run` in one run;
    `per_day` on one day (UTC), by both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Mode
    per_item: Annotated[int, Field(ge=1, le=10, strict=True)] = 3
    per_run: Annotated[int, Field(ge=1, le=200, strict=True)] = 50
    per_day: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 500


def _defaults() -> dict[Action, ActionBounds]:
    careful = {
        Action.REFUND: ActionBounds(mode=Mode.PROPOSE, per_item=1, per_run=10, per_day=50),
        Action.RELEASE: ActionBounds(mode=Mode.AUTO, per_run=50, per_day=500),
    }
    return {action: careful.get(action, ActionBounds(mode=Mode.AUTO)) for action in Action}


def _complete(actions: dict[Action, ActionBounds]) -> dict[Action, ActionBounds]:
    missing = sorted(set(Action) - set(actions))
    if missing:
        raise ValueError(f"say something of {', '.join(missing)}")
    if actions[Action.HAND_OVER].mode is not Mode.AUTO:
        raise ValueError("hand_over is how people hear of things; it stays auto")
    return actions


#: Bounds of every action.
Bounds = Annotated[dict[Action, ActionBounds], AfterValidator(_complete)]


class HealingSettings(BaseModel):
    """What the shop may do by itself.

    Parameters
    ----------
    version
        Counts the changes; 0 are the defaults, which nobody has changed yet.
    enabled
        The switch: without it nothing is looked at, taken or done, by the run or for people. Letters stay where they
        are, and their alarms ring.
    dry_run
        Say what would be done, and do nothing.
    model
        Whether a model may propose an action where the rules have none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Annotated[int, Field(ge=0, strict=True)] = 0
    enabled: Annotated[bool, Field(strict=True)] = True
    dry_run: Annotated[bool, Field(strict=True)] = False
    model: Annotated[bool, Field(strict=True)] = False
    actions: Bounds = Field(default_factory=_defaults)

    def mode(self, action: Action, kind: Kind) -> Mode:
        """Return how an action is used on a kind; units that no order holds are released with an approval at most."""
        mode = self.actions[action].mode
        if kind is Kind.ORPHANED_HOLD and action is Action.RELEASE and mode is Mode.AUTO:
            return Mode.PROPOSE
        return mode
