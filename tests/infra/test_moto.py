"""The transformed template in moto: CloudFormation's own order, references and names."""

import io
import json
import os
import zipfile

import boto3
import pytest
from moto import mock_aws

from stack import Stack, transformed

# moto makes none of these. What is theirs is in test_template.py and in the local stack.
NOT_MADE = {
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


@pytest.fixture(scope="module")
def made():
    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="us-east-1")
    template, resolved = transformed(), Stack().resources
    template["Resources"] = {
        name: resource for name, resource in template["Resources"].items() if resource["Type"] not in NOT_MADE
    }
    for name, resource in template["Resources"].items():
        # moto looks the bus up by its name, before it has made the reference to it.
        if resource["Type"] == "AWS::Events::Rule" and "EventBusName" in resource["Properties"]:
            resource["Properties"]["EventBusName"] = "vigil"
        # It keeps a reference to a bus as an object, which is no JSON.
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Environment"]["Variables"]["VIGIL_EVENT_BUS"] = "vigil"
        # Nor does it resolve a pattern; test_patterns.py judges them.
        if resource["Type"] == "AWS::Events::Rule" and "EventPattern" in resource["Properties"]:
            resource["Properties"]["EventPattern"] = resolved[name]["Properties"]["EventPattern"]
    template.pop("Rules", None)
    with mock_aws():
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("bootstrap", "")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="code")
        s3.put_object(Bucket="code", Key="function.zip", Body=zipped.getvalue())
        boto3.client("cloudformation").create_stack(
            StackName="vigil-local",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "AlertEmail", "ParameterValue": "pki@example.com"}],
            Capabilities=["CAPABILITY_IAM"],
        )
        yield


def test_every_function_is_there_with_its_settings(made):
    found = {it["FunctionName"]: it for it in boto3.client("lambda").list_functions()["Functions"]}
    wanted = {it["FunctionName"]: it for it in Stack().of_type("AWS::Lambda::Function").values()}
    assert set(found) == set(wanted) and len(found) == 6
    for name, function in wanted.items():
        assert found[name]["Timeout"] == function["Timeout"]
        variables = found[name]["Environment"]["Variables"]
        assert variables["VIGIL_EVIDENCE_BUCKET"] == "vigil-evidence-123456789012-us-east-1"


def test_every_rule_is_there_with_its_targets(made):
    events = boto3.client("events")
    rules = events.list_rules()["Rules"] + events.list_rules(EventBusName="vigil")["Rules"]
    # EventBridge makes a rule of its own for an archive.
    rules = [rule for rule in rules if not rule["Name"].startswith("Events-Archive")]
    assert len(rules) == len(Stack().of_type("AWS::Events::Rule"))
    for rule in rules:
        found = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=rule["EventBusName"])["Targets"]
        assert found and all(":sqs:" in target["DeadLetterConfig"]["Arn"] for target in found), rule["Name"]


def test_buckets_logs_and_topics_have_their_names(made):
    buckets = {it["Name"] for it in boto3.client("s3").list_buckets()["Buckets"]} - {"code"}
    assert buckets == {"vigil-evidence-123456789012-us-east-1", "vigil-audit-reports-123456789012-us-east-1"}
    groups = {it["logGroupName"] for it in boto3.client("logs").describe_log_groups()["logGroups"]}
    assert {"/aws/events/vigil-findings", "/aws/lambda/vigil-notify"} <= groups
    assert len(boto3.client("sns").list_topics()["Topics"]) == 2
    assert len(boto3.client("sqs").list_queues()["QueueUrls"]) == 7
