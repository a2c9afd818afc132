"""A copy of the layer as its Makefile builds it, with this machine's wheels: what a function imports from in Lambda."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.metadata import PackagePath, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "commerce"


def build(target: Path, python: Path) -> None:
    """Copy the layer's packages, the shop and its functions to `target`, pruned, with bytecode."""
    kept = re.compile("botocore/data/([^/]+\\.json|({})/)".format("|".join(services())))
    for name in requirements():
        for file in distribution(name).files or []:
            if _wanted(file, kept):
                _copy(Path(str(file.locate())), target / file)
    for folder in (LAYER / "commerce", ROOT / "functions"):
        shutil.copytree(folder, target / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [str(python), "-m", "compileall", "-q", "-j", "2", "--invalidation-mode", "unchecked-hash", str(target)],
        check=True,
    )


def requirements() -> list[str]:
    """Return the names of the layer's packages."""
    return re.findall(r"^([A-Za-z0-9_.-]+)==", (LAYER / "requirements.txt").read_text(encoding="utf-8"), re.M)


def services() -> list[str]:
    """Return the services whose descriptions the layer keeps, as its Makefile says."""
    return _listed("SERVICES")


def types() -> list[str]:
    """Return the folders that only type checkers read, which the layer's Makefile leaves out."""
    return _listed("TYPES")


def _listed(name: str) -> list[str]:
    found = re.search(rf"^{name} = (.+)$", (LAYER / "Makefile").read_text(encoding="utf-8"), re.M)
    if found is None:
        raise LookupError(f"the layer's Makefile names no {name}")
    return found[1].split()


def _wanted(file: PackagePath, kept: re.Pattern[str]) -> bool:
    path = file.as_posix()
    if path.startswith("..") or "__pycache__" in file.parts or "tests" in file.parts:
        return False
    if any(path.startswith(f"{folder}/") for folder in types()):
        return False
    if path.startswith("botocore/data/"):
        return kept.match(path) is not None and "examples-1.json" not in path
    return True


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
