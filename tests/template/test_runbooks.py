"""Every alarm says what to do: it names a runbook, and the runbook knows the alarm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.template.stack import ROOT, Stack, stack

FOLDER = ROOT / "docs" / "runbooks"
NAMED = re.compile(r" Runbook: (docs/runbooks/[a-z-]+\.md)$")
ALARMS = sorted(stack("prod").alarms)
RUNBOOKS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
#: What whoever was woken up needs to know, in this order.
SECTIONS = [
    "What rang",
    "What it means for buyers and money",
    "How to look",
    "What to do",
    "When it is over",
    "Never",
]


def runbook_of(shop: Stack, alarm: str) -> Path:
    found = NAMED.search(shop.alarms[alarm]["AlarmDescription"])
    assert found, f"{alarm} does not end with its runbook"
    return ROOT / found[1]


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_names_a_runbook_that_knows_it(alarm: str, shop: Stack) -> None:
    runbook = runbook_of(shop, alarm)
    assert runbook.is_file(), runbook
    assert f"`{alarm}`" in runbook.read_text(encoding="utf-8")
    assert len(shop.alarms[alarm]["AlarmDescription"]) <= 1024, "CloudWatch keeps no more"


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_is_of_alarms_that_exist(runbook: Path, prod: Stack) -> None:
    text = runbook.read_text(encoding="utf-8")
    rings = [line for line in text.splitlines() if line.startswith("- `")]
    alarms = {name for line in rings if (name := line.split("`")[1]) in prod.alarms}
    assert alarms, "an orphan"
    assert all(runbook_of(prod, alarm) == runbook for alarm in alarms)


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_says_all_that_is_needed(runbook: Path) -> None:
    text = runbook.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.M) == SECTIONS
    assert "```" in text, "how to look is something to paste"
    for line in text.splitlines():
        assert len(line) <= 120 or "http" in line, line


def test_the_index_lists_every_runbook() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([a-z-]+\.md)\)", index)) == {path.name for path in RUNBOOKS}


def test_queues_tables_and_functions_in_runbooks_exist(prod: Stack) -> None:
    """A command that names what was renamed is found out at night."""
    outputs = set(prod.template["Outputs"])
    for path in FOLDER.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"\$\(out (\w+)\)", text):
            assert name in outputs, f"{path.name}: output {name}"
        for name in re.findall(r"\$\(resource (\w+)\)", text):
            assert name in prod.template["Resources"], f"{path.name}: resource {name}"
        for name in re.findall(r"^\s*logs (\w+)|`logs (\w+)", text, re.M):
            assert "".join(name) in prod.of("AWS::Logs::LogGroup"), f"{path.name}: log group {name}"
        for route in re.findall(r"\bstaff ['\"]([a-z/<>-]+)", text):
            asked = re.sub(r"<\w+>", "{}", f"GET /admin/{route}")
            known = {re.sub(r"\{\w+\}", "{}", route) for route in prod.routes}
            assert asked.rstrip("/") in known or f"{asked}{{}}" in known, f"{path.name}: {asked}"
