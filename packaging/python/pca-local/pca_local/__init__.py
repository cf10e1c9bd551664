"""Starts pca-local, a local AWS Private CA, and moves its clock.

    with pca_local.start() as server:
        client = server.client()
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import sysconfig
import threading
import urllib.error
import urllib.request
from typing import Iterator, Mapping, Sequence

__all__ = ["PcaLocal", "PcaLocalError", "find_binary", "start"]

_PREFIX = "listening on "


class PcaLocalError(Exception):
    """pca-local did not start, or refused a request. The text is its own."""


class PcaLocal:
    """A running pca-local."""

    def __init__(self, endpoint: str, region: str) -> None:
        #: ``http://127.0.0.1:PORT``, for ``endpoint_url`` or ``AWS_ENDPOINT_URL_ACM_PCA``.
        self.endpoint = endpoint
        self.region = region
        self._timing = self.admin("GET", "timing")

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables with which AWS's SDKs and the AWS CLI reach it."""
        return {
            "AWS_ENDPOINT_URL_ACM_PCA": self.endpoint,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def client(self, **settings):
        """A boto3 client for ``acm-pca``. ``settings`` go to ``boto3.client``."""
        import boto3  # not needed by tests of other clients

        defaults = {
            "endpoint_url": self.endpoint,
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
            "region_name": self.region,
        }
        return boto3.client("acm-pca", **{**defaults, **settings})

    def now(self) -> str:
        """The service's time, as in RFC 3339."""
        return self.admin("GET", "clock")["now"]

    def advance(self, seconds: float = 0, *, hours: float = 0, days: float = 0) -> str:
        """Moves the clock forward, and runs all that falls due on the way. Returns the new time."""
        total = int(seconds + 3600 * hours + 86400 * days)
        return self.admin("POST", "clock/advance", {"seconds": total})["now"]

    def set_clock(self, now: str) -> None:
        """Sets the clock (RFC 3339) and runs nothing."""
        self.admin("PUT", "clock", {"now": now})

    def freeze(self) -> None:
        """Stops the clock where it stands."""
        self.admin("PUT", "clock", {"running": False})

    def reset(self) -> None:
        """Forgets all CAs and planned faults. The clock stays."""
        self.admin("POST", "reset")

    def begin(self) -> None:
        """As it was started: no CAs, no faults, the clock and the timing as at the start."""
        self.reset()
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        self.admin("PUT", "clock", {"now": now, "running": True})
        self.admin("PUT", "timing", self._timing)

    def set_timing(self, timing: str) -> None:
        """How long keys, certificates and audit reports take: ``immediate``, ``aws``, ``polls:2`` …"""
        kinds = ("creation", "issuance", "audit-report")
        self.admin("PUT", "timing", {kind: timing for kind in kinds})

    def fail(self, operation: str, code: str, times: int = 1) -> None:
        """Makes the next calls of an operation end with an error of ACM PCA."""
        plan = {"operations": {operation: {"code": code, "times": times}}}
        self.admin("PUT", "faults", plan)

    def admin(self, method: str, path: str, body=None):
        """A request to ``/_pca-local/PATH``: see the reference."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.endpoint}/_pca-local/{path}", data=data, method=method
        )
        # A proxy of the environment does not reach this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise PcaLocalError(f"{method} {path}: {error.code} {said}") from None
        return json.loads(text) if text else None


def find_binary() -> str:
    """The ``pca-local`` executable: ``PCA_LOCAL_BIN``, beside this package, or on ``PATH``."""
    given = os.environ.get("PCA_LOCAL_BIN")
    if given:
        return given
    for folder in (sysconfig.get_path("scripts"), os.path.expanduser("~/.local/bin"), None):
        found = shutil.which("pca-local", path=folder)
        if found:
            return found
    raise PcaLocalError("pca-local is not installed: pip install pca-local, or set PCA_LOCAL_BIN")


@contextlib.contextmanager
def start(
    arguments: Sequence[str] = (),
    *,
    listen: str = "127.0.0.1:0",
    region: str = "us-east-1",
    timing: str = "immediate",
) -> Iterator[PcaLocal]:
    """A pca-local that ends with the block, on a free port unless ``listen`` has one. ``arguments`` are
    more options of ``pca-local``.

    ``timing="aws"`` lets things take time as they do at AWS: RequestInProgressException before a
    certificate is there.
    """
    command = [find_binary(), "--listen", listen, "--log", "error"]
    command += ["--region", region, "--timing", timing, *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    said: list[str] = []
    # Read on, so that a long run does not fill the pipe.
    reader = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
    reader.start()
    try:
        line = process.stdout.readline()
        if not line.startswith(_PREFIX):
            process.wait(timeout=10)
            reader.join(timeout=10)
            raise PcaLocalError("".join(said).strip() or "pca-local ended without a word")
        yield PcaLocal(line[len(_PREFIX) :].strip(), region)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
