"""auto-restore's work on one deletion, in Python with boto3: the peer of `bench/src/bin/restore.rs`.

The same calls in the same order; the policy is the built-in one, written out (no Cedar). A Lambda
runtime client of twenty lines stands for awslambdaric.
"""

import hashlib
import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = os.environ["VIGIL_EVIDENCE_BUCKET"]
BUS = os.environ["VIGIL_EVENT_BUS"]
pca = boto3.client("acm-pca")
s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
events = boto3.client("events")
pool = ThreadPoolExecutor(8)


def read(key):
    try:
        answer = s3.get_object(Bucket=BUCKET, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None, None
        raise
    return json.loads(answer["Body"].read()), answer["ETag"]


def keys(prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def write(key, body, etag):
    condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    body = json.dumps(body, indent=2, default=str).encode()
    return s3.put_object(Bucket=BUCKET, Key=key, Body=body, **condition)["ETag"]


def add(case, act):
    previous = case["entries"][-1]["hash"] if case["entries"] else "0" * 64
    entry = {"seq": len(case["entries"]), "previous": previous, **act}
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), default=str)
    entry["hash"] = hashlib.sha256(text.encode()).hexdigest()
    case["entries"].append(entry)


def describe(arn):
    return pca.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]


def gather(name):
    """The facts, read at once as auto-restore does."""
    wanted = [
        lambda: read(f"approvals/{name}.json"),
        lambda: read(f"state/snapshots/{name}.json"),
        lambda: read(f"state/restorations/{name}.json"),
        lambda: read(f"state/audit-report/{name}.json"),
        lambda: [read(key) for key in keys("state/inventory/")],
        lambda: [read(key) for key in keys("policies/")],
    ]
    return [done.result() for done in [pool.submit(one) for one in wanted]]


def handler(event):
    detail = event["detail"]
    arn = detail["requestParameters"]["certificateAuthorityArn"]
    name = arn.rsplit("/", 1)[1]
    now = datetime.now(timezone.utc)
    ca = describe(arn)
    if ca["Status"] != "DELETED":
        return {"outcome": "not-deleted"}
    key = f"cases/{name}/{ca['RestorableUntil']:%Y%m%dT%H%M%SZ}.json"
    if key in keys(f"cases/{name}/"):
        return {"outcome": "duplicate"}
    case = {"version": 1, "ca": arn, "entries": []}
    add(case, {"act": "seen", "at": now, "deletion": detail})
    approval, _snapshot, (restorations, etag), _report, _inventories, _policies = gather(name)
    approved = approval[0] and detail["eventTime"] < approval[0]["expires"]
    verdict = "stand" if approved or "Serial" not in ca else "restore"
    add(case, {"act": "judged", "at": now, "verdict": verdict, "ca": ca})
    if verdict == "restore":
        restorations, etag = read(f"state/restorations/{name}.json")
        restorations = restorations or {"ca": arn, "restorations": []}
        day_ago = (now - timedelta(days=1)).isoformat()
        if len([one for one in restorations["restorations"] if one["at"] > day_ago]) >= 3:
            return {"outcome": "escalated"}
        restorations["restorations"].append({"case": key, "at": now.isoformat()})
        write(f"state/restorations/{name}.json", restorations, etag)
        add(case, {"act": "restoring", "at": now})
        etag = write(key, case, None)
        answer = pca.restore_certificate_authority(CertificateAuthorityArn=arn)
        after = describe(arn)
        add(case, {"act": "restored", "at": now, "status": after["Status"],
                   "request_id": answer["ResponseMetadata"].get("RequestId")})
        read(f"state/disabled/{name}.json")
    else:
        etag = write(key, case, None)
    finding = {"id": hashlib.sha256(key.encode()).hexdigest()[:32], "severity": "HIGH",
               "resource": arn, "title": f"{arn} was deleted and restored"}
    events.put_events(Entries=[{"Source": "vigil", "DetailType": "Vigil Finding",
                                "EventBusName": BUS, "Detail": json.dumps(finding)}])
    add(case, {"act": "told", "at": now, "findings": [finding["id"]]})
    write(key, case, etag)
    read(f"state/disabled/{name}.json")
    return {"outcome": "case", "case": key, "state": verdict}


def main():
    base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
    while True:
        with urllib.request.urlopen(f"{base}/next") as answer:
            request = answer.headers["Lambda-Runtime-Aws-Request-Id"]
            event = json.load(answer)
        try:
            path, body = "response", handler(event)
        except Exception as error:  # what awslambdaric does, too
            path, body = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        body = json.dumps(body).encode()
        urllib.request.urlopen(f"{base}/{request}/{path}", data=body).read()


main()
