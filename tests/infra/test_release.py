"""What a release is made of: its notes, and the check of what was built."""

import io
import os
import subprocess
import sys
import zipfile

import pytest

from stack import ROOT

CHANGELOG = "# Changelog\n\n## Unreleased\n\nSoon.\n\n## [0.2.0] - 2026-12-01\n\n- New.\n\n## 0.1.0 - 2026-11-01\n\n- Old.\n\n## 0.0.1\n"


def run(script, *arguments, cwd):
    command = [sys.executable, ROOT / "infra" / script, *arguments]
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("version,want", [("0.2.0", "- New.\n"), ("v0.1.0", "- Old.\n"), ("Unreleased", "Soon.\n")])
def test_release_notes_are_the_section_of_the_version(tmp_path, version, want):
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    assert run("release-notes.py", version, cwd=tmp_path) == (0, want, "")


@pytest.mark.parametrize("version", ["0.1", "0.0.1", "0.3.0"])
def test_a_release_without_notes_is_refused(tmp_path, version):
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    code, _, error = run("release-notes.py", version, cwd=tmp_path)
    assert code == 1 and "CHANGELOG.md" in error


def test_this_changelog_has_notes_for_the_next_release():
    code, text, _ = run("release-notes.py", "Unreleased", cwd=ROOT)
    assert code == 0 and "### The template" in text


def build(folder, data):
    (folder / "notify").mkdir(parents=True)
    (folder / "notify/bootstrap").write_bytes(data)


def test_a_small_build_for_lambdas_glibc_is_good(tmp_path):
    build(tmp_path, b"\x7fELF GLIBC_2.2.5 GLIBC_2.34 ")
    code, text, error = run("pack.py", str(tmp_path), cwd=tmp_path)
    assert (code, error) == (0, "") and "GLIBC 2.34" in text


def test_the_same_binary_gives_the_same_zip(tmp_path):
    zips = []
    for time, mode in ((0, 0o600), (2_000_000_000, 0o755)):
        build(tmp_path / str(time), b"binary" * 1000)
        binary = tmp_path / str(time) / "notify/bootstrap"
        os.utime(binary, (time, time))
        binary.chmod(mode)
        assert run("pack.py", str(tmp_path / str(time)), cwd=tmp_path)[0] == 0
        zips.append(binary.with_suffix(".zip").read_bytes())
    assert zips[0] == zips[1]
    with zipfile.ZipFile(io.BytesIO(zips[0])) as archive:
        (entry,) = archive.infolist()
        assert (entry.filename, entry.external_attr >> 16) == ("bootstrap", 0o100755)
        assert archive.read(entry) == b"binary" * 1000


def test_a_build_that_is_large_or_too_new_is_refused(tmp_path):
    import random

    build(tmp_path, random.Random(1).randbytes(6_100_000) + b"GLIBC_2.38")
    code, _, error = run("pack.py", str(tmp_path), cwd=tmp_path)
    assert code == 1 and "more than 6000000" in error and "needs GLIBC 2.38" in error
    code, _, error = run("pack.py", str(tmp_path / "empty"), cwd=tmp_path)
    assert code == 1 and "no function was built" in error
