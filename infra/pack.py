#!/usr/bin/env python3
"""infra/check-build.py: prints the size of each built function, and holds it to what Lambda and Vigil promise."""

import pathlib
import re
import sys
import zipfile

# Lambda's runtime provided.al2023 has glibc 2.34 (AWS Lambda Developer Guide, OS-only runtimes).
GLIBC = (2, 34)
# A larger zip takes longer to load at a cold start. The goal is 6 MB; restore-deadline, which holds Cedar and
# four clients of AWS, has 7.2 MB.
MAX_ZIP = 7_500_000


def problems(folder):
    """Prints a line for each function. Yields what is wrong."""
    binaries = sorted(folder.glob("*/bootstrap"))
    if not binaries:
        yield f"no function was built in {folder}"
    for binary in binaries:
        name, data = binary.parent.name, binary.read_bytes()
        archive = binary.parent / "bootstrap.size.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
            writer.write(binary, "bootstrap")
        zipped = archive.stat().st_size
        archive.unlink()
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
