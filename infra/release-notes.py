#!/usr/bin/env python3
"""infra/release-notes.py VERSION: the section of CHANGELOG.md about this version."""

import pathlib
import re
import sys


def notes(changelog, version):
    """The section without its heading. ValueError if there is none, or nothing in it."""
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    for section in sections:
        heading, _, text = section.partition("\n")
        # `## 0.1.0 - 2026-12-01`, with or without brackets.
        if re.match(rf"\[?{re.escape(version)}\]?(\s|$)", heading):
            if not text.strip():
                raise ValueError(f"CHANGELOG.md says nothing about {version}")
            return text.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no section \"## {version} - DATE\": rename \"## Unreleased\"")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: infra/release-notes.py VERSION")
    try:
        sys.stdout.write(notes(pathlib.Path("CHANGELOG.md").read_text(), sys.argv[1].removeprefix("v")))
    except ValueError as error:
        sys.exit(str(error))
