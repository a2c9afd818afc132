"""One sample body, what reads it, and which of its members say anything to that reader."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

from tests.contract.mutations import SAME, Names, Node, broken, mutants, places, read
from tests.contract.safe_side import Said, worse

#: With these a body is as good as no JSON to some readers, whichever member has them: less may be read, never more.
SPOILING = frozenset(
    {
        *("not a number", "infinite", "thousands of digits", "half a character"),
        *("twice the same", "overridden", "overriding"),
    }
)
#: With these a member says nothing any more.
GONE = frozenset({"missing", "null", "an object", "a list", "nested", "boxed", "wrapped", "no text", "blank"})
#: What is wrong with a body: the kind, the member by the names on the way to it, and what was planted there.
Wrong = tuple[str, Names, str | None]


@dataclass(frozen=True)
class Reading:
    """A sample body on its way through one reader.

    Parameters
    ----------
    name
        The sample's, and the reader's.
    read
        What the body comes to. No exception may escape it but those of the product's own that it turns into `Nothing`.
    outcome
        What the sample itself comes to, written down by hand: an outcome, or its type.
    deciding
        The members that the reader may look at, by the names on the way. What happens to any other changes nothing.
    same
        The kinds of mutants that say the same to this reader, whichever member they are of.
    stand_ins, also
        The names of members whose texts may stand in for another's, and what else may.
    needed
        The members without which the outcome must not stay what it is.
    """

    name: str
    text: str
    read: Callable[[bytes], Any]
    outcome: Any
    deciding: Collection[Names]
    same: frozenset[str] = frozenset()
    stand_ins: frozenset[str] = frozenset()
    also: frozenset[object] = field(default_factory=frozenset)
    needed: frozenset[Names] = frozenset()

    @cached_property
    def sample(self) -> Node:
        return read(self.text)

    @cached_property
    def before(self) -> Any:
        return self.read(self.text.encode())

    def is_what_it_should(self) -> bool:
        """Tell whether the sample comes to what was written down, so that there is something to lose."""
        return isinstance(self.before, self.outcome) if isinstance(self.outcome, type) else self.before == self.outcome

    def decides(self, names: Names) -> bool:
        """Tell whether a member holds, is, or lies in one that the reader looks at."""
        return any(names[: len(one)] == one or one[: len(names)] == names for one in self.deciding)

    @cached_property
    def texts(self) -> frozenset[object]:
        """What may stand in for what is gone."""
        found = {
            value
            for _, names, node in places(self.sample)
            if self.stand_ins & set(names) and isinstance(value := getattr(node, "written", None), str)
        }
        return frozenset({one.strip('"').strip() for one in found}) | self.also

    def complaint(self, wrongs: Collection[Wrong], body: bytes) -> str | None:
        """Return what is wrong with what a spoiled body comes to; None where it is on the safe side."""
        after = self.read(body)
        touched = [kind for kind, names, _ in wrongs if self.decides(names) or kind in SPOILING]
        if not set(touched) - SAME - self.same and after != self.before:
            return f"{self.before!r} became {after!r}, though nothing that decides was touched"
        if after == self.before and any(kind in GONE and names in self.needed for kind, names, _ in wrongs):
            return f"{self.before!r} stayed, without what says so"
        planted = [written for _, _, written in wrongs if written is not None]
        return worse(self.before, after, Said(planted, self.texts))


def complaints(reading: Reading, dice: Random, *, share: int | None, cuts: int) -> tuple[int, list[str]]:
    """Try every body with one thing wrong: how many those were, and what is wrong with what they came to.

    Parameters
    ----------
    share
        How many of those bodies are tried whose fault is in a member that decides nothing, by chance; None for all.
    cuts
        At how many places the text is broken off.
    """
    whole = list(mutants(reading.sample))
    harmful = [one for one in whole if reading.decides(one.names)]
    rest = [one for one in whole if not reading.decides(one.names)]
    if share is not None and share < len(rest):
        rest = dice.sample(rest, share)
    tried: list[tuple[Wrong, bytes]] = [((one.kind, one.names, one.planted), one.body) for one in (*harmful, *rest)]
    tried += [((kind, (), None), body) for kind, body in broken(reading.text.strip(), cuts)]
    found = []
    for wrong, body in tried:
        complaint = reading.complaint([wrong], body)
        if complaint is not None:
            found.append(f"{'.'.join(wrong[1])} {wrong[0]}: {complaint}")
    return len(tried), found
