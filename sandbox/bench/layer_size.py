"""How large the layer is, and what makes it so."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

from sandbox.bench.report import Section

MEGABYTE = 1024 * 1024
#: Lambda's own limits: a function with its layers unpacked, and a package uploaded directly.
UNPACKED, PACKED = 250, 50
SHOWN = 10


def layer_size(folder: Path, scratch: Path) -> Section:
    """Weigh the layer's copy, and pack it once as its zip."""
    sizes: Counter[str] = Counter()
    packed = scratch / "layer.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and name.parts[0] != "functions":
                sizes[name.parts[0]] += path.stat().st_size
                archive.write(path, name)
    section = Section("The layer")
    section.notes = ["With bytecode, as it is deployed; this machine's wheels instead of arm64's."]
    table = section.table("Megabytes", "what", "MB", "Lambda's limit")
    table.add("unpacked", sizes.total() / MEGABYTE, UNPACKED)
    table.add("packed", packed.stat().st_size / MEGABYTE, PACKED)
    for package, size in sizes.most_common(SHOWN):
        table.add(package, size / MEGABYTE, "")
    packed.unlink()
    return section
