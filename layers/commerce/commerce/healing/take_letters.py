"""Take dead letters into cases: written first, deleted after, so that none is ever lost between."""

from __future__ import annotations

from collections.abc import Callable

from commerce.healing.desk import HealingDesk
from commerce.healing.letters import about_letter
from commerce.healing.open_case import open_case
from commerce.healing.store import fits

#: Letters of one queue in one run.
MOST_LETTERS = 200


def take_letters(desk: HealingDesk, still: Callable[[], bool]) -> int:
    """Take what lies with the dead letters, while there is time; return how many were taken.

    A worker that dies in between leaves the letter where it is, and the next finds that it has its case.
    """
    taken = 0
    for queue in desk.queues.letters():
        room = MOST_LETTERS
        while room > 0 and still():
            letters = desk.queues.take(queue)
            if not letters:
                break
            for letter in letters:
                finding = about_letter(letter)
                if fits(finding):
                    open_case(desk, finding)
                    desk.queues.drop(letter)
                    taken += 1
                room -= 1
    return taken
