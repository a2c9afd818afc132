"""What tells stories on the engine of this run."""

from __future__ import annotations

import pytest

from sandbox.engines import has_dynoxide
from tests.chaos.places import where, written
from tests.chaos.stories import STORIES, Story
from tests.chaos.telling import Weather, nothing, tell
from tests.support.cloud.cloud import Cloud
from tests.support.cloud.faults import Faults

#: How many failures are told of, where each is a fault of its own.
MOST_TOLD = 10


class Teller:
    """Tells stories on an engine, and remembers how each goes when nothing goes wrong."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._plain: dict[str, Faults] = {}

    def tell(self, story: Story, faults: Faults, weather: Weather = nothing) -> Cloud:
        """Tell a story, and check all of its end."""
        return tell(self._url, story, faults, weather)

    def plain(self, story: Story) -> Faults:
        """Return the calls and messages of a story in which nothing goes wrong."""
        if story.name not in self._plain:
            seen = self._plain[story.name] = Faults()
            self.tell(story, seen)
        return self._plain[story.name]

    def all_plain(self) -> list[Faults]:
        """Return them for every story."""
        return [self.plain(story) for story in STORIES]

    def survive(self, story: Story, plans: list[Faults]) -> None:
        """Tell a story once for each plan.

        Raises
        ------
        AssertionError
            What broke under which plans, and how each is told again.
        """
        failures = list(filter(None, (self._failure(story, faults) for faults in plans)))
        told = "\n\n".join(failures[:MOST_TOLD])
        assert not failures, f"{story.name}: {len(failures)} of {len(plans)} tellings failed\n\n{told}"

    def _failure(self, story: Story, faults: Faults) -> str | None:
        try:
            self.tell(story, faults)
        except Exception as error:
            again = f'PYTHONPATH=layers/commerce python -m tests.chaos.replay "{story.name}" "{written(faults)}"'
            return f"{where(faults, self.plain(story))}\n{type(error).__name__}: {error}\n{again}"
        return None


@pytest.fixture(scope="session")
def teller(request: pytest.FixtureRequest) -> Teller:
    """Return what tells stories on the faster engine that there is."""
    return Teller(request.getfixturevalue("dynoxide_url" if has_dynoxide() else "ministack_url"))
