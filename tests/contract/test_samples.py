"""No sample lies about unread, and none is read without its source being told."""

from __future__ import annotations

from collections import Counter

from tests.contract.daraja import readings as daraja
from tests.contract.daraja.doubles import BODIES as DARAJA
from tests.contract.stripe.doubles import BODIES as STRIPE
from tests.contract.stripe.readings import readings


def test_every_sample_of_darajas_is_read_by_exactly_one_kind_of_reader() -> None:
    read = Counter(path.relative_to(DARAJA).as_posix() for path in daraja.READ)
    assert set(read) == {path.relative_to(DARAJA).as_posix() for path in DARAJA.rglob("*.json")}
    assert set(read.values()) == {1}


def test_every_reader_of_darajas_samples_has_some() -> None:
    kinds = (daraja.REQUESTS, daraja.ACKS, daraja.PUSHED, daraja.TOKENS, daraja.QUERIED, daraja.CALLBACKS)
    more = (daraja.ERRORS, daraja.RECORDS, daraja.RESULTS)
    assert [len(kind) for kind in (*kinds, *more)] == [5, 17, 14, 1, 1, 2, 4, 10, 38]


def test_every_sample_object_of_stripes_is_read() -> None:
    texts = "".join(reading.text for reading in readings())
    for path in STRIPE.glob("*.json"):
        assert f'"object": "{path.stem}"' in texts, path.name


def test_every_sample_has_its_source() -> None:
    told = (DARAJA / "SOURCES.md").read_text(encoding="utf-8")
    assert [path.name for path in DARAJA.rglob("*.json") if f"| {path.parent.name}/{path.name} |" not in told] == []
    told = (STRIPE / "SOURCES.md").read_text(encoding="utf-8")
    assert [path.name for path in STRIPE.glob("*.json") if f"| `{path.name}` |" not in told] == []
