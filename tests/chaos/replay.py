"""Tell one story with one plan of faults again, as a failure names it: `python -m tests.chaos.replay STORY PLAN`.

The shop is found by `PYTHONPATH=layers/commerce`. A plan is written like ``57:crash after`` for the 57th call and
``m3:doubled`` for the third message, with commas between; an empty one tells the story as it goes when nothing goes
wrong, with all its calls.
"""

from __future__ import annotations

import os
import sys

from sandbox.engines import dynoxide
from tests.chaos.places import read
from tests.chaos.stories import STORIES
from tests.chaos.telling import tell
from tests.support.cloud.faults import Faults


def replay(name: str, plan: str) -> None:
    """Tell the story of this name; its calls and messages go to standard error, and what broke is raised."""
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="af-south-1")
    story = next(story for story in STORIES if story.name == name)
    faults = read(plan) if plan else Faults()
    try:
        with dynoxide() as url:
            tell(url, story, faults)
    finally:
        for number, call in enumerate(faults.calls, start=1):
            sys.stderr.write(f"{number:>4} {call:<32} {faults.caller(number)} {faults.troubles.get(number, '')}\n")
        for number, message in enumerate(faults.messages, start=1):
            sys.stderr.write(f"m{number:>3} {message} {faults.mishaps.get(number, '')}\n")


if __name__ == "__main__":
    replay(*sys.argv[1:])
