"""The layer as its own Makefile makes it, of this machine's wheels: what a function imports from in Lambda."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "commerce"


def build(scratch: Path, python: Path) -> Path:
    """Copy the layer's packages into `scratch` and have the layer's Makefile prune and compile them.

    Returns
    -------
    Path
        What Python imports from: the layer with the shop in it, and beside it the functions, which SAM packs apart.
    """
    target = scratch / "python"
    for name in requirements():
        for file in distribution(name).files or []:
            # Commands and the like lie beside the packages.
            if not file.as_posix().startswith(".."):
                _copy(Path(str(file.locate())), target / file)
    shutil.copytree(LAYER / "commerce", target / "commerce")
    made = (f"ARTIFACTS_DIR={scratch}", f"COMPILER={python}", "--old-file=install", "build-CommerceLayer")
    make = shutil.which("make") or "make"
    subprocess.run([make, "--silent", "-C", str(LAYER), *made], check=True)
    shutil.copytree(ROOT / "functions", target / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    compiled = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(target / "functions"))
    subprocess.run([str(python), *compiled], check=True)
    return target


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


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
