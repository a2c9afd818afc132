"""What a piece of work belongs to is carried beside it, and ends with it."""

from __future__ import annotations

import logging

import pytest

import commerce.runtime
from commerce.kernel.context import Context, adopt, correlated, current, readable_correlation, working


def test_an_id_holds_as_long_as_its_work() -> None:
    with correlated("click-1"):
        assert current() == Context("click-1")
        with correlated(None):
            assert current().correlation_id == "click-1", "nothing new is known"
        with correlated("click-2"):
            assert current().correlation_id == "click-2"
        assert current().correlation_id == "click-1"
    assert current() == Context()


def test_work_without_an_id_adopts_one_until_it_ends() -> None:
    with working(Context(request="mark")):
        adopt(None)
        assert current().correlation_id is None
        adopt("of the row")
        assert current() == Context("of the row", "mark")
        adopt("of another row")
        assert current().correlation_id == "of the row"
    assert current().correlation_id is None
    with correlated("of the click"):
        adopt("of the row")
        assert current().correlation_id == "of the click", "what brought the work here knows better"


def test_what_is_nobodys_work_adopts_nothing() -> None:
    adopt("of the row")
    assert current() == Context()


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "é", "x" * 65, "-", None, 'a"b'])
def test_what_is_no_id(text: str | None) -> None:
    assert readable_correlation(text) is None


@pytest.mark.parametrize("text", ["0b6f8c1e-5f1c-4a53-9d0a-7c1f2a9be001", "x" * 64])
def test_what_is_an_id(text: str) -> None:
    assert readable_correlation(text) == text


def test_every_log_line_bears_the_id(caplog: pytest.LogCaptureFixture) -> None:
    assert commerce.runtime, "importing it is what does this"
    with caplog.at_level(logging.INFO):
        logging.getLogger("salama.anything").info("outside")
        with correlated("click-1"):
            logging.getLogger("salama.anything").info("inside")
    assert [getattr(record, "correlation_id", None) for record in caplog.records] == [None, "click-1"]
