"""Lays a function out as Lambda does, and becomes its runtime: run alone, as the first process of new namespaces.

    unshare --mount --pid --fork python room.py <what.json>

What the function sees: its code at /var/task, its layer at /opt, a runtime at /var/runtime, Python at /var/lang, the
C library, and /tmp, which alone can be written. There is no repository, no virtual environment and no home.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

#: Where the C library and what is linked to it may be; each only if this system has it.
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
#: Somebody without any rights, as Lambda's own user is.
NOBODY = 65534


def main() -> None:
    """Build the room below a folder, move into it, and start the emulator."""
    room = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    root = room["root"]
    mount("-t", "tmpfs", "-o", "mode=755", "room", root)
    for source, place in room["mounts"].items():
        bind(Path(source), Path(root + place))
    for place in LIBRARIES:
        if Path(place).is_symlink():
            Path(root + place).symlink_to(Path(place).readlink())
        elif Path(place).exists():
            bind(Path(place), Path(root + place))
    for place in DEVICES:
        bind(Path(place), Path(root + place), read_only=False)
    for place, kind, options in (("/proc", "proc", "nosuid,nodev,noexec"), ("/tmp", "tmpfs", "mode=1777,size=512m")):
        Path(root + place).mkdir(parents=True, exist_ok=True)
        mount("-t", kind, "-o", options, kind, root + place)
    mount("-o", "remount,ro", root)
    os.chroot(root)
    os.chdir("/var/task")
    if room["drop"]:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    os.execve(room["command"][0], room["command"], room["environment"])


def bind(source: Path, place: Path, *, read_only: bool = True) -> None:
    """Show a file or folder of this system at another place."""
    if source.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    mount("--bind", str(source), str(place))
    if read_only:
        mount("-o", "remount,bind,ro,nosuid,nodev", str(place))


def mount(*arguments: str) -> None:
    """Mount, or fail with what `mount` said."""
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    main()
