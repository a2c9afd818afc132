"""Zips the code of functions and of the layer for the local stack.

The zips hold source only: the emulator's workers run on this project's own virtual environment and
take their dependencies from there. Each worker process unpacks them for itself.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mypy_boto3_s3 import S3Client

from sandbox.stack.template import FUNCTION, CodeUnit

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Package:
    """A zip ready to be uploaded."""

    logical_id: str
    content: bytes

    @property
    def key(self) -> str:
        """Object key; it changes with the content, so CloudFormation sees a change of code."""
        return f"{self.logical_id}/{hashlib.sha256(self.content).hexdigest()[:16]}.zip"


def package(root: Path, unit: CodeUnit) -> Package:
    """The zip of one unit.

    A function keeps its folders from the project's root (`functions/hello/app.py`), with the package
    files of its parents, so that `Handler: functions.hello.app.lambda_handler` imports as it does in
    the repository. A layer's content goes under `python/`, as SAM's own build puts it.

    Raises:
        FileNotFoundError: the template names a folder that is not there.
    """
    folder = root / unit.folder
    if not folder.is_dir():
        raise FileNotFoundError(f"{unit.logical_id}: no folder {unit.folder} under {root}")
    if unit.kind == FUNCTION:
        parents = [root.joinpath(*unit.folder.parts[:depth]) for depth in range(1, len(unit.folder.parts))]
        inits = [parent / "__init__.py" for parent in parents if (parent / "__init__.py").is_file()]
        entries = ((path.relative_to(root).as_posix(), path) for path in [*inits, *_files(folder)])
    else:
        # Its own top-level files (requirements, a makefile) are for its build.
        entries = (
            ("python/" + path.relative_to(folder).as_posix(), path) for path in _files(folder) if path.parent != folder
        )
    return Package(unit.logical_id, _zip(entries))


def package_all(root: Path, units: Iterable[CodeUnit]) -> list[Package]:
    """Every unit's zip, in the order given."""
    return [package(root, unit) for unit in units]


def upload(packages: Iterable[Package], s3: S3Client, bucket: str) -> dict[str, tuple[str, str]]:
    """Put the zips in the bucket; the location of each by logical id."""

    def put(one: Package) -> tuple[str, tuple[str, str]]:
        s3.put_object(Bucket=bucket, Key=one.key, Body=one.content)
        return one.logical_id, (bucket, one.key)

    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(pool.map(put, packages))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _zip(entries: Iterable[tuple[str, Path]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in entries:
            # One time for all files: the same sources make the same zip.
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return buffer.getvalue()
