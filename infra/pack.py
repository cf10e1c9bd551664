#!/usr/bin/env python3
"""infra/pack.py [FOLDER]: zips each built function, prints its size, and holds it to what Lambda and Vigil promise.

The same binary gives the same zip: it has one file, one date and one mode.
"""

import pathlib
import re
import sys
import zipfile

# Lambda's runtime provided.al2023 has glibc 2.34 (AWS Lambda Developer Guide, OS-only runtimes).
GLIBC = (2, 34)
# A larger zip takes longer to load at a cold start. docs/benchmarks.md has the sizes.
MAX_ZIP = 6_000_000
# The first that the format has.
DATE = (1980, 1, 1, 0, 0, 0)


def pack(binary, archive):
    """The zip that Lambda takes, with deflate, its only compression."""
    entry = zipfile.ZipInfo("bootstrap", DATE)
    entry.create_system = 3  # Unix: the mode counts
    entry.external_attr = 0o100755 << 16
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(entry, binary, zipfile.ZIP_DEFLATED, 9)


def problems(folder):
    """Prints a line for each function. Yields what is wrong."""
    binaries = sorted(folder.glob("*/bootstrap"))
    if not binaries:
        yield f"no function was built in {folder}"
    for binary in binaries:
        name, data = binary.parent.name, binary.read_bytes()
        archive = binary.with_suffix(".zip")
        pack(data, archive)
        zipped = archive.stat().st_size
        # The versions of symbols that the dynamic linker looks up stand in the file as text.
        versions = {tuple(map(int, it.split(b"."))) for it in re.findall(rb"GLIBC_(\d+\.\d+)", data)}
        newest = max(versions, default=(0, 0))
        print(f"{name:18}{len(data) / 1e6:7.1f} MB{zipped / 1e6:7.1f} MB zipped   GLIBC {newest[0]}.{newest[1]}")
        if zipped > MAX_ZIP:
            yield f"{name}: the zip has {zipped} bytes, more than {MAX_ZIP}"
        if newest > GLIBC:
            yield f"{name} needs GLIBC {newest[0]}.{newest[1]}, and Lambda has {GLIBC[0]}.{GLIBC[1]}"


if __name__ == "__main__":
    wrong = list(problems(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/lambda")))
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(bool(wrong))
