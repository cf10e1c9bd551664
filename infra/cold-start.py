#!/usr/bin/env python3
"""infra/cold-start.py [FOLDER]: the time from a function's start to its first poll, and its memory then.

Plays Lambda's runtime API for each built function. Prints the fastest of 20 starts, the least time that one took of
a processor (which a busy machine does not change), and the resident memory while the function waits.
"""

import http.server
import pathlib
import subprocess
import sys
import threading
import time

STARTS = 20
ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "VIGIL_ALERTS_TOPIC": "arn:aws:sns:us-east-1:111122223333:alerts",
    "VIGIL_ON_CALL_TOPIC": "arn:aws:sns:us-east-1:111122223333:on-call",
    "VIGIL_EVENT_BUS": "vigil",
    "VIGIL_EVIDENCE_BUCKET": "evidence",
    "VIGIL_REPORT_BUCKET": "reports",
    "VIGIL_STATE_KEY": ARN,
}


class Api(http.server.BaseHTTPRequestHandler):
    """Never answers a poll: the function stays idle."""

    def do_GET(self):
        self.server.polled = time.perf_counter()
        self.server.seen.set()
        self.server.stop.wait()

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        sys.exit(f"the function does not start: {self.rfile.read(length).decode()}")


def resident(pid):
    """MiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def processor(pid):
    """Milliseconds of all threads."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def start(binary):
    """Milliseconds, milliseconds of a processor, and MiB."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads, server.block_on_close = True, False
    server.seen, server.stop = threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
    began = time.perf_counter()
    process = subprocess.Popen([binary], env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        if not server.seen.wait(10):
            sys.exit(f"{binary} does not poll: {process.poll()}")
        return (server.polled - began) * 1000, processor(process.pid), resident(process.pid)
    finally:
        process.kill()
        process.wait()
        server.stop.set()
        server.shutdown()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/lambda")
    for binary in sorted(folder.glob("*/bootstrap")):
        runs = [start(binary) for _ in range(STARTS)]
        fastest, least, memory = min(it[0] for it in runs), min(it[1] for it in runs), max(it[2] for it in runs)
        print(
            f"{binary.parent.name:18}{fastest:6.1f} ms to the first poll ({least:.1f} ms of a processor)"
            f"{memory:7.1f} MiB idle"
        )
