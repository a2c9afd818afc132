"""How large what is deployed is: the layer, and each function."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sandbox.bench.report import Section

MEGABYTE, KILOBYTE = 1024 * 1024, 1024
#: The shop's own budgets in megabytes; Lambda takes 250 unpacked, layers and function together, and 50 packed.
UNPACKED, PACKED = 66, 22
#: In kilobytes, unpacked: a function parses, calls one use case, answers. The largest APIs are no more than that.
FUNCTION = 5
SHOWN = 10


def layer_size(folder: Path, scratch: Path) -> Section:
    """Weigh the layer and the functions beside it, and pack each once as its zip."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    sizes: Counter[str] = Counter()
    for path in files:
        sizes[path.relative_to(folder).parts[0]] += path.stat().st_size
    del sizes["functions"]
    packed = _packed((path for path in files if folder / "functions" not in path.parents), folder, scratch)
    section = Section("What is deployed")
    section.notes = ["The layer with bytecode, as it is deployed; this machine's wheels instead of arm64's."]
    table = section.table("The layer, megabytes", "what", "MB", "budget")
    table.add("unpacked", sizes.total() / MEGABYTE, f"<= {UNPACKED}")
    table.add("packed", packed / MEGABYTE, f"<= {PACKED}")
    for package, size in sizes.most_common(SHOWN):
        table.add(package, size / MEGABYTE, "")
    table = section.table("The functions, kilobytes", "function", "unpacked", "packed", "budget, unpacked")
    for source in sorted((folder / "functions").glob("*/app.py")):
        # SAM packs the source; Lambda compiles it.
        packed = _packed([source], folder, scratch)
        table.add(source.parent.name, source.stat().st_size / KILOBYTE, packed / KILOBYTE, f"<= {FUNCTION}")
    return section


def _packed(files: Iterable[Path], folder: Path, scratch: Path) -> int:
    """Return how many bytes the zip of some files has."""
    target = scratch / "packed.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    size = target.stat().st_size
    target.unlink()
    return size
