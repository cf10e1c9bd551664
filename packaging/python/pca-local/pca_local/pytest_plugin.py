"""Fixtures: ``pca_local`` for each test, ``pca_local_server`` for the session."""

from __future__ import annotations

from typing import Iterator

import pytest

from . import PcaLocal, start


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pca-local", "a local AWS Private CA")
    group.addoption(
        "--pca-local-timing",
        default="immediate",
        metavar="TIMING",
        help="how long things take: immediate, or aws, as AWS does (default: immediate)",
    )
    parser.addini("pca_local_args", "more options of the pca-local command", type="args")


@pytest.fixture(scope="session")
def pca_local_server(pytestconfig: pytest.Config) -> Iterator[PcaLocal]:
    """One pca-local for all tests of a process. What a test makes is there for the next."""
    arguments = pytestconfig.getini("pca_local_args")
    with start(arguments, timing=pytestconfig.getoption("--pca-local-timing")) as server:
        yield server


@pytest.fixture
def pca_local(pca_local_server: PcaLocal, monkeypatch: pytest.MonkeyPatch) -> Iterator[PcaLocal]:
    """The same, without CAs and with the clock at the system's time, at the beginning of each test.

    SDKs that read the environment reach it without settings."""
    for name, value in pca_local_server.environment.items():
        monkeypatch.setenv(name, value)
    pca_local_server.begin()
    yield pca_local_server
