#!/usr/bin/env python3
"""infra/buckets.py STACK BUCKET [PARAMETER=VALUE…]: refuses a deployment whose buckets are missing, in the way, or
another account's.

It asks with the AWS CLI. What the caller may not ask is passed over: `make verify` asks again after the deployment.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tomllib


def aws(*arguments):
    """The answer, or None and what was said instead of one."""
    ran = subprocess.run(["aws", *arguments, "--output", "json"], capture_output=True, text=True)
    return (json.loads(ran.stdout or "{}"), "") if ran.returncode == 0 else (None, ran.stderr)


def parameters(arguments):
    """Those that SAM will pass: from samconfig.toml, or those given."""
    config = pathlib.Path("samconfig.toml")
    saved = tomllib.loads(config.read_text()) if config.exists() else {}
    saved = saved.get("default", {}).get("deploy", {}).get("parameters", {}).get("parameter_overrides", "")
    saved = saved if isinstance(saved, list) else shlex.split(saved)
    return dict(it.split("=", 1) for it in arguments or saved if "=" in it)


def region():
    own = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return own or subprocess.run(["aws", "configure", "get", "region"], capture_output=True, text=True).stdout.strip()


# A stack in one of these states has no resources: those that a failed creation had made are gone.
NOT_THERE = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_COMPLETE")


def deployed(stack):
    """The parameters of the stack, or None if it is not there."""
    answer, _ = aws("cloudformation", "describe-stacks", "--stack-name", stack)
    if not answer or answer["Stacks"][0]["StackStatus"] in NOT_THERE:
        return None
    return {it["ParameterKey"]: it["ParameterValue"] for it in answer["Stacks"][0].get("Parameters", [])}


def owner(bucket, listed):
    """`own`, `shared` by another account, `foreign` or `missing`; None if it is not known."""
    if listed is None:
        return None
    if bucket in {it["Name"] for it in listed["Buckets"]}:
        return "own"
    answer, said = aws("s3api", "head-bucket", "--bucket", bucket)
    if answer is not None:
        return "shared"
    if re.search(r"\((301|400|403)\)", said):
        return "foreign"
    return "missing" if "(404)" in said else None


def problems(stack, code, arguments):
    """A sentence for each bucket that stands in the way."""
    listed, _ = aws("s3api", "list-buckets")
    if code:
        match owner(code, listed):
            case "missing":
                yield f"the bucket for the code, {code}, does not exist: aws s3 mb s3://{code}, or leave BUCKET= out"
            case "foreign":
                yield f"the bucket for the code, {code}, is another account's: its policy must let you list and write it"
    before = deployed(stack)
    given = {**(before or {}), **parameters(arguments)}
    for arn in filter(None, given.get("CrlBuckets", "").split(",")):
        bucket = arn.rsplit(":", 1)[-1]
        if owner(bucket, listed) == "missing":
            yield f"CrlBuckets names {bucket}, which does not exist: correct it, or leave CrlBuckets empty"
    identity, _ = aws("sts", "get-caller-identity")
    if identity is None:
        return
    name, takes_over = given.get("Name", "vigil"), given.get("TakeOver", "false") == "true"
    for kind in ("evidence", "audit-reports"):
        bucket = f"{name}-{kind}-{identity['Account']}-{region()}"
        whose = owner(bucket, listed)
        if whose in ("foreign", "shared"):
            yield f"another account has the bucket {bucket}: deploy with another Name"
        elif whose == "missing" and takes_over:
            yield f"TakeOver is true, and there is no bucket {bucket}: deploy with TakeOver=false, or with the earlier Name"
        elif whose == "own" and before is None and not takes_over:
            yield f"an earlier stack left the bucket {bucket}: deploy with TakeOver=true, or with another Name"


if __name__ == "__main__":
    wrong = list(problems(sys.argv[1], sys.argv[2], sys.argv[3:]))
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))
