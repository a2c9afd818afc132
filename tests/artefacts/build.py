"""`sam build` of what git tracks, for the machine and the Python of this run: what would be uploaded to Lambda."""

from __future__ import annotations

import io
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution
from pathlib import Path

from sandbox.stack.template import FUNCTION, LAYER, Template
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]
SAM = ROOT / ".venv-sam"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
#: The names of processors: Python's own, pip's, Lambda's and that of the emulator's file.
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Artefacts:
    """What `sam build` made: a folder for each function, and one for the layer, as Lambda unpacks them."""

    folder: Path
    template: Template

    @cached_property
    def functions(self) -> dict[str, Path]:
        """Each function's folder, which Lambda mounts at /var/task, by the name of its sources' folder."""
        return {
            unit.folder.name: self.folder / unit.logical_id for unit in self.template.code() if unit.kind == FUNCTION
        }

    @cached_property
    def layer(self) -> Path:
        """The layer's folder, which Lambda mounts at /opt."""
        [name] = [unit.logical_id for unit in self.template.code() if unit.kind == LAYER]
        return self.folder / name


def build(scratch: Path) -> Artefacts:
    """Copy what git tracks, and build it by the template's and the layer's own rules.

    Only the processor and the Python are this machine's: the template names those of Lambda, where nobody who runs the
    tests can run anything.
    """
    machine = machine_of_lambda()
    sources = scratch / "sources"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "functions", "layers", "samconfig.toml"], cwd=ROOT, check=True, capture_output=True
    )
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        target = sources / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    for lambdas, ours in (("python3.13", f"python{VERSION}"), ("[arm64]", f"[{machine}]"), (": arm64", f": {machine}")):
        assert lambdas in text, f"the template says {lambdas} no more"
        text = text.replace(lambdas, ours)
    (sources / "template.yaml").write_text(text, encoding="utf-8")
    built = subprocess.run(
        [str(SAM / "bin" / "sam"), "build", "--build-dir", str(scratch / "built")],
        cwd=sources,
        env={
            **os.environ,
            # sam looks for a Python of the runtime's version, and the layer's makefile for one with pip.
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SAM_CLI_TELEMETRY": "0",
            "LAYER_PYTHON": VERSION,
            "LAYER_MACHINE": platform.machine(),
            "COMPILER": sys.executable,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return Artefacts(scratch / "built", Template.read(ROOT / "template.yaml"))


def runtime(target: Path) -> None:
    """Copy AWS's runtime client (`awslambdaric`) and what it needs, and nothing else, to `target`."""
    site = str(SAM / "lib" / f"python{VERSION}" / "site-packages")
    wanted, seen = ["awslambdaric"], set()
    while wanted:
        name = wanted.pop()
        [found] = Distribution.discover(name=name, path=[site])
        seen.add(name)
        wanted += [each for each in map(_name, found.requires or ()) if each not in seen]
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target / file)


def emulator() -> Path:
    """Return AWS's runtime interface emulator, which comes with SAM; skip where it does not."""
    folder = SAM / "lib" / f"python{VERSION}" / "site-packages" / "samcli" / "local" / "rapid"
    name = {"x86_64": "aws-lambda-rie-x86_64", "arm64": "aws-lambda-rie-arm64"}[machine_of_lambda()]
    if not (folder / name).is_file():
        missing(f"SAM is not installed for Python {VERSION}: run `make install-sam`")
    return folder / name


def machine_of_lambda() -> str:
    """Return what Lambda calls this machine's processor; skip where its emulator does not run."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        missing("AWS's runtime interface emulator runs on Linux, on x86_64 or arm64")
    return MACHINES[platform.machine()]


def sizes(folder: Path) -> tuple[int, int]:
    """Return how many bytes a folder holds, and how many its zip has."""
    packed = io.BytesIO()
    unpacked = 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                unpacked += path.stat().st_size
                archive.write(path, path.relative_to(folder))
    return unpacked, packed.tell()


def _name(requirement: str) -> str:
    return requirement.partition(";")[0].partition(">")[0].partition("=")[0].strip()
