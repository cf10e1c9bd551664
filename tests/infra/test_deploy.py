"""`make deploy` and `make destroy` with the SAM CLI and the AWS CLI, and with moto in the place of AWS.

moto knows neither SAM's transformation nor half of the template's types. So the template here has the parameters,
rules and outputs of ours, and a queue. test_moto.py and the local stack look at the rest.
"""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer
from samtranslator.yaml_helper import yaml_parse

from stack import ROOT

# What `make build` calls: it is not what is tested here.
STUBS = {
    "cargo": "mkdir -p target/lambda/notify && echo built > target/lambda/notify/bootstrap",
    "cargo-lambda": "true",
    "rustup": "echo aarch64-unknown-linux-gnu; echo x86_64-unknown-linux-gnu",
}


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(port=0)
    server.start()
    _, port = server.get_host_and_port()
    # By this name: moto takes no other for its own when it reads a template from a bucket.
    endpoint = f"http://localhost:{port}"
    # SAM makes this stack for the code, and moto loses what SAM looks for in it.
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "code"}}
    template = {"Resources": {"Bucket": bucket}, "Outputs": {"SourceBucket": {"Value": {"Ref": "Bucket"}}}}
    boto3.client("cloudformation", **client(endpoint)).create_stack(
        StackName="aws-sam-cli-managed-default",
        TemplateBody=json.dumps(template),
        Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
    )
    boto3.client("cloudtrail", **client(endpoint)).create_trail(Name="trail", S3BucketName="code")
    yield endpoint
    server.stop()


@pytest.fixture
def checkout(tmp_path, endpoint):
    source = yaml_parse((ROOT / "infra/template.yaml").read_text())
    outputs = ("EvidenceBucketName", "FindingsLogName", "ReportBucketName")
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": source["Parameters"],
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: source["Outputs"][name] for name in outputs},
    }
    (tmp_path / "infra").mkdir()
    (tmp_path / "functions/notify").mkdir(parents=True)
    (tmp_path / "infra/template.yaml").write_text(yaml.safe_dump(template))
    for name in ("Makefile", "infra/deploy.sh", "infra/buckets.py", "infra/pack.py", "infra/preflight.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    bin = tmp_path / "bin"
    bin.mkdir()
    for name, text in STUBS.items():
        (bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin / name).chmod(0o755)
    of_aws = ROOT / ".venv/bin/aws"
    assert of_aws.exists(), "make setup installs the AWS CLI"
    # moto does not know UpdateTerminationProtection, so the calls are kept in a file.
    protects = 'case "$*" in *update-termination-protection*) echo "$@" >> "$HOME/protected";;'
    (bin / "aws").write_text(f'#!/bin/sh\n{protects} *) exec {of_aws} "$@";; esac\n')
    (bin / "aws").chmod(0o755)
    (bin / "sam").symlink_to(f"{sys.prefix}/bin/sam")
    return tmp_path


def client(endpoint):
    return {"endpoint_url": endpoint, "region_name": "us-east-1", **CREDENTIALS}


CREDENTIALS = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}


def environment(checkout, endpoint):
    return {
        "PATH": f"{checkout}/bin:/usr/bin:/bin",
        "HOME": str(checkout),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SAM_CLI_TELEMETRY": "0",
    }


def make(checkout, endpoint, *arguments):
    """A run without a terminal: its exit code and output."""
    ran = subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=environment(checkout, endpoint),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return ran.returncode, ran.stdout + ran.stderr


def make_on_a_terminal(checkout, endpoint, *arguments, answers):
    """Answers each prompt by the first entry whose words it has, and else with Enter."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        ["make", *arguments],
        cwd=checkout,
        env=environment(checkout, endpoint),
        stdin=inner,
        stdout=inner,
        stderr=inner,
        close_fds=True,
    )
    os.close(inner)
    text, answered, end = "", 0, time.monotonic() + 300
    while time.monotonic() < end:
        if not select.select([outer], [], [], 0.2)[0]:
            if process.poll() is not None:
                break
            prompt = text[answered:].splitlines()[-1] if text[answered:].strip() else ""
            if re.search(r"(\]|\?): ?$", prompt):
                answer = next((value for words, value in answers.items() if words in prompt), "")
                answered = len(text)
                os.write(outer, f"{answer}\n".encode())
            continue
        try:
            text += os.read(outer, 65536).decode(errors="replace")
        except OSError:
            break
    return process.wait(timeout=10), text


def refused(checkout, endpoint, *arguments, parameters="", **variables):
    """What `make deploy` says, where it refuses."""
    changed = {**environment(checkout, endpoint), **variables}
    command = ["make", "deploy", "STACK=refused", f"PARAMETERS=AlertEmail=pki@example.com {parameters}", *arguments]
    ran = subprocess.run(command, cwd=checkout, env=changed, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ran.returncode != 0, ran.stdout
    return ran.stdout + ran.stderr


def test_a_region_without_acm_pca_or_trail_is_refused(checkout, endpoint):
    # Nothing answers at this port, as at a host name that does not exist.
    said = refused(checkout, endpoint, AWS_ENDPOINT_URL_ACM_PCA="http://localhost:1")
    assert "ACM PCA does not answer in us-east-1: deploy Vigil where your CAs are" in said
    said = refused(checkout, endpoint, AWS_DEFAULT_REGION="eu-west-3")
    assert "no trail covers eu-west-3" in said and "aws cloudtrail create-trail" in said
    said = refused(checkout, endpoint, AWS_DEFAULT_REGION="")
    assert "no Region is set" in said
    # Neither has made a stack.
    stacks = boto3.client("cloudformation", **client(endpoint)).list_stacks()["StackSummaries"]
    assert "refused" not in {it["StackName"] for it in stacks}


def s3_of(endpoint, account):
    """S3 as another account calls it."""
    sts = boto3.client("sts", **client(endpoint))
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/other", RoleSessionName="other")["Credentials"]
    keys = {"aws_access_key_id": role["AccessKeyId"], "aws_secret_access_key": role["SecretAccessKey"]}
    token = role["SessionToken"]
    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_session_token=token, **keys)


def test_a_bucket_missing_in_the_way_or_foreign_is_refused(checkout, endpoint):
    said = refused(checkout, endpoint, "BUCKET=no-such-bucket")
    assert "the bucket for the code, no-such-bucket, does not exist: aws s3 mb" in said
    said = refused(checkout, endpoint, parameters="CrlBuckets=arn:aws:s3:::code,arn:aws:s3:::no-such-crls")
    assert "CrlBuckets names no-such-crls, which does not exist: correct it" in said
    said = refused(checkout, endpoint, parameters="Name=again TakeOver=true")
    for kind in ("evidence", "audit-reports"):
        bucket = f"again-{kind}-123456789012-us-east-1"
        assert f"there is no bucket {bucket}: deploy with TakeOver=false" in said
    boto3.client("s3", **client(endpoint)).create_bucket(Bucket="again-evidence-123456789012-us-east-1")
    said = refused(checkout, endpoint, parameters="Name=again")
    assert "an earlier stack left the bucket again-evidence-123456789012-us-east-1: deploy with TakeOver=true" in said
    s3_of(endpoint, "999999999999").create_bucket(Bucket="taken-audit-reports-123456789012-us-east-1")
    said = refused(checkout, endpoint, parameters="Name=taken")
    assert "another account has the bucket taken-audit-reports-123456789012-us-east-1: deploy with another Name" in said
    stacks = boto3.client("cloudformation", **client(endpoint)).list_stacks()["StackSummaries"]
    assert "refused" not in {it["StackName"] for it in stacks}


def stack(endpoint, name):
    (found,) = boto3.client("cloudformation", **client(endpoint)).describe_stacks(StackName=name)["Stacks"]
    return found, {it["ParameterKey"]: it["ParameterValue"] for it in found["Parameters"]}


def is_protected(checkout, name):
    """Whether the last call about its protection turned it on."""
    (call,) = [line for line in (checkout / "protected").read_text().splitlines() if line.endswith(name)][-1:]
    return " --enable-termination-protection " in call


def test_deploy_asks_once_and_never_again(checkout, endpoint):
    answers = {"AlertEmail": "pki@example.com"}
    code, text = make_on_a_terminal(checkout, endpoint, "deploy", "STACK=asked", "ARCH=x86_64", answers=answers)
    assert code == 0, text
    _, parameters = stack(endpoint, "asked")
    assert parameters["AlertEmail"] == "pki@example.com" and parameters["Architecture"] == "x86_64"
    assert is_protected(checkout, "asked")
    assert "AlertEmail" in (checkout / "samconfig.toml").read_text()
    # No terminal now, and no ARCH: both are known.
    code, text = make(checkout, endpoint, "deploy", "STACK=asked")
    assert code == 0, text
    assert stack(endpoint, "asked")[1] == parameters
    code, text = make(checkout, endpoint, "deploy", "STACK=asked", "ARCH=arm64")
    assert code != 0 and "samconfig.toml has another Architecture" in text


def test_deploy_in_ci_takes_parameters_and_asks_nothing(checkout, endpoint):
    code, text = make(checkout, endpoint, "deploy", "STACK=ci")
    assert code != 0 and 'make deploy PARAMETERS="AlertEmail=pki@example.com"' in text
    code, text = make(checkout, endpoint, "deploy", "STACK=ci", "PARAMETERS=AlertEmail=ci@example.com Mode=observe")
    assert code == 0, text
    found, parameters = stack(endpoint, "ci")
    assert (parameters["AlertEmail"], parameters["Mode"]) == ("ci@example.com", "observe")
    assert is_protected(checkout, "ci")
    assert {"Key": "app", "Value": "vigil"} in found["Tags"]


def test_destroy_says_what_stays_and_deletes_the_stack(checkout, endpoint):
    # Not by SAM: of a stack from a change set, moto keeps no outputs.
    boto3.client("cloudformation", **client(endpoint)).create_stack(
        StackName="gone", TemplateBody=(checkout / "infra/template.yaml").read_text()
    )
    code, text = make(checkout, endpoint, "destroy", "STACK=gone")
    assert code == 0, text
    for kept in ("vigil-evidence-", "vigil-audit-reports-", "/aws/events/vigil-findings"):
        assert f"stays: {kept}" in text, text
    stacks = boto3.client("cloudformation", **client(endpoint)).list_stacks()["StackSummaries"]
    states = {it["StackName"]: it["StackStatus"] for it in stacks}
    assert states["gone"] == "DELETE_COMPLETE" and not is_protected(checkout, "gone")
