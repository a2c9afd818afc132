"""What `sam build` makes, run as Lambda runs it: each function takes each of its events on AWS's own runtime.

Built are the files that git tracks, by the template's and the layer's own rules, for the processor and the Python of
this machine. Each function runs on AWS's runtime interface emulator with `awslambdaric`, at Lambda's own paths, as a
user without rights, on a file system of which only /tmp can be written, and sees neither the repository nor any other
package of this machine: what an artefact lacks is missing here. Where the system allows no mount namespaces it runs
in the folder in which it was built; a warning says so.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.artefacts.build import ROOT, VERSION, Artefacts, sizes
from tests.artefacts.conftest import Start
from tests.artefacts.expected import EXPECTED
from tests.artefacts.played import play
from tests.artefacts.rie import Running, rooms
from tests.artefacts.world import World
from tests.conftest import missing
from tests.handlers.event_files import cases
from tests.support.tally import Tally

weighed = logging.getLogger("artefacts")
#: Bytes. Lambda takes 250 MB of a function and its layers, unpacked, and 50 MB of a zip that is uploaded directly.
MOST_UNPACKED, MOST_PACKED = 250 * 2**20, 50 * 2**20
#: What we allow ourselves: a function is an adapter, and all weight is the layer's.
FUNCTION_BUDGET, LAYER_UNPACKED_BUDGET, LAYER_PACKED_BUDGET = 8 * 2**10, 75 * 2**20, 25 * 2**20
PROBE = """\
import os, sys, pathlib

def lambda_handler(event, context):
    if "write" in event:
        pathlib.Path(event["write"]).write_text("x")
    return {"user": os.getuid(), "path": sys.path, "seen": [one for one in event["look"] if os.path.exists(one)]}
"""
FAILING = """

_lambda_handler = lambda_handler

def lambda_handler(event, context):
    with open("/var/task/state.json", "w") as state:
        state.write("{}")
    return _lambda_handler(event, context)
"""


def test_what_is_expected_is_said_of_every_event() -> None:
    assert sorted((function, case) for function, known in EXPECTED.items() for case in known) == cases()


@pytest.mark.parametrize(("function", "case"), cases())
def test_a_built_function_takes_its_event(
    world: World, function_of: Callable[[str], Running], function: str, case: str, tally: Tally
) -> None:
    play(world, function, function_of(function), case)
    tally.add("events taken by built functions on AWS's runtime")


def test_artefacts_stay_within_their_budget(artefacts: Artefacts, caplog: pytest.LogCaptureFixture) -> None:
    """The sizes are in the log: `pytest -rP -k budget` shows them."""
    caplog.set_level(logging.INFO, weighed.name)
    layer = sizes(artefacts.layer)
    weighed.info("%-24s %8.1f MB unpacked %8.1f MB packed", "layer", layer[0] / 2**20, layer[1] / 2**20)
    assert layer[0] <= LAYER_UNPACKED_BUDGET
    assert layer[1] <= LAYER_PACKED_BUDGET
    for name, folder in artefacts.functions.items():
        unpacked, packed = sizes(folder)
        weighed.info("%-24s %8d B unpacked %9d B packed", name, unpacked, packed)
        assert unpacked <= FUNCTION_BUDGET, name
        assert unpacked + layer[0] <= MOST_UNPACKED
        assert max(packed, layer[1]) <= MOST_PACKED


def test_a_function_sees_nothing_of_this_machine(start_function: Start, tmp_path: Path) -> None:
    if not rooms():
        missing("this system allows no mount namespaces")
    home = str(Path.home())
    with start_function("relay_events", code=_probe(tmp_path)) as running:
        seen = running.invoke({"look": [str(ROOT), home, "/usr/bin", "/opt/python/commerce", "/var/task/functions"]})
        assert seen["seen"] == ["/opt/python/commerce", "/var/task/functions"]
        python = f"/var/lang/lib/python{VERSION}"
        library = {f"/var/lang/lib/python{VERSION.replace('.', '')}.zip", python, f"{python}/lib-dynload"}
        assert set(seen["path"]) == {"/var/task", "/opt/python", "/var/runtime", *library}
        assert seen["user"] != 0 or os.geteuid() != 0
        assert "errorType" not in running.invoke({"look": [], "write": "/tmp/note"})
        for place in (
            "/note",
            "/opt/note",
            "/opt/python/note",
            "/var/task/note",
            "/var/runtime/note",
            "/var/lang/note",
        ):
            refused = running.invoke({"look": [], "write": place})
            assert "Read-only file system" in refused["errorMessage"], (place, refused)


@pytest.mark.parametrize(
    ("lost", "function", "case", "complaint"),
    [
        ("pynamodb", "show_order", "by_number_and_email", "No module named 'pynamodb'"),
        # Imported when it is first used: the function starts, and answers whoever does not ask for a payment.
        ("httpx", "start_checkout", "place_order", "No module named 'httpx'"),
        ("commerce/shipping/zones.toml", "browse_catalog", "shipping_quotes", "zones.toml"),
        ("commerce/shipping/carriers.toml", "serve_staff", "send_parcel", "carriers.toml"),
        ("commerce/tax/rates.toml", "start_checkout", "place_order", "rates.toml"),
        ("botocore/data/sqs", "receive_stk_callback", "paid", "UnknownServiceError"),
    ],
)
def test_what_the_layer_lacks_is_found(
    world: World,
    artefacts: Artefacts,
    start_function: Start,
    tmp_path: Path,
    lost: str,
    function: str,
    case: str,
    complaint: str,
) -> None:
    layer = tmp_path / "layer"
    shutil.copytree(artefacts.layer, layer, copy_function=os.link)
    gone = layer / "python" / lost
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with start_function(function, layer=layer) as running, pytest.raises(AssertionError, match=complaint):
        play(world, function, running, case)


def test_a_function_that_writes_beside_tmp_is_found(
    world: World, artefacts: Artefacts, start_function: Start, tmp_path: Path
) -> None:
    if not rooms():
        missing("this system allows no mount namespaces")
    code = tmp_path / "code"
    shutil.copytree(artefacts.functions["relay_events"], code)
    with (code / "functions" / "relay_events" / "app.py").open("a", encoding="utf-8") as source:
        source.write(FAILING)
    with start_function("relay_events", code=code) as running, pytest.raises(AssertionError, match="Read-only file"):
        play(world, "relay_events", running, "order_placed")


def _probe(folder: Path) -> Path:
    """Return a function of another kind: it tells what it sees, and writes where it is told to."""
    app = folder / "probe" / "functions" / "relay_events" / "app.py"
    app.parent.mkdir(parents=True)
    app.write_text(PROBE, encoding="utf-8")
    return folder / "probe"
