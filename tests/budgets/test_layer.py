"""The layer as its own Makefile makes it: nothing in it that no function reads, and all of it compiled."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from sandbox.bench import layer
from tests.conftest import missing

#: The words before the code in a .pyc (PEP 552): the magic number, then the flags.
UNCHECKED_HASH = 0b01
FLAGS = slice(4, 8)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if shutil.which("make") is None:
        missing("make is not installed")
    yield layer.build(tmp_path_factory.mktemp("layer"), Path(sys.executable))


def test_botocore_describes_the_services_that_are_called_and_no_other(built: Path) -> None:
    described = {path.name for path in (built / "botocore" / "data").iterdir() if path.is_dir()}
    assert described == set(layer.services())
    assert "dynamodb" in described
    assert not list((built / "botocore" / "data").rglob("examples-1.json*"))


def test_what_no_function_reads_is_left_out(built: Path) -> None:
    found = {path.relative_to(built).as_posix() for path in built.rglob("*")}
    assert not [name for name in found if name.endswith("/tests") or name.endswith(".dist-info/RECORD")]
    assert not found & {"bin", "boto3", "pip", "setuptools", *layer.types()}


def test_what_libraries_look_up_about_themselves_is_there(built: Path) -> None:
    names = {path.parent.name.split("-")[0] for path in built.glob("*.dist-info/METADATA")}
    assert {name.replace("-", "_") for name in layer.requirements()} <= {name.replace("-", "_") for name in names}
    assert (built / next(path.name for path in built.glob("opentelemetry_api-*")) / "entry_points.txt").exists()


def test_every_source_has_bytecode_that_is_not_checked_against_it(built: Path) -> None:
    sources = list(built.rglob("*.py"))
    compiled = {path.resolve() for path in built.rglob("*.pyc")}
    assert compiled == {Path(cache_from_source(str(source))).resolve() for source in sources}
    assert len(sources) > 1000
    assert {int.from_bytes(path.read_bytes()[FLAGS], "little") for path in compiled} == {UNCHECKED_HASH}


def test_the_shop_itself_is_in_it(built: Path) -> None:
    assert (built / "commerce" / "py.typed").exists()
    assert (built / "commerce" / "tax" / "rates.toml").exists()
