"""parliament on every policy of the transformed template: of roles, topics, queues, buckets and logs."""

import json

import pytest
from parliament import analyze_policy_string

from stack import Stack, statements

FULL = {
    "AlertEmail": "pki@example.com",
    "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888",
    "PutBack": "true",
    "Regions": "us-east-1,eu-west-1",
}


def policies(of):
    for name, role in of.of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            yield f"role {name}", policy["PolicyDocument"]
    for kind in ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::Logs::ResourcePolicy"):
        for name, policy in of.of_type(kind).items():
            document = policy["PolicyDocument"]
            yield f"{kind.split('::')[1]} {name}", json.loads(document) if isinstance(document, str) else document


def findings(document):
    # parliament knows policies of identities: the principal of a resource's policy is none of its business.
    document = {
        "Version": document.get("Version", "2012-10-17"),
        "Statement": [{k: v for k, v in one.items() if k != "Principal"} for one in statements(document)],
    }
    for finding in analyze_policy_string(json.dumps(document)).findings:
        yield f"{finding.issue}: {finding.detail} {finding.location}"


@pytest.mark.parametrize("parameters", [FULL, {"AlertEmail": "pki@example.com"}], ids=["full", "plain"])
def test_parliament_finds_nothing_in_the_policies(parameters):
    found = list(policies(Stack(**parameters)))
    assert len(found) >= 12
    told = {name: list(findings(document)) for name, document in found}
    assert {name: it for name, it in told.items() if it} == {}


def test_every_principal_of_a_resource_policy_is_a_service_or_denied():
    for name, document in policies(Stack(**FULL)):
        for statement in statements(document):
            if name.startswith("role ") or statement["Effect"] == "Deny":
                continue
            assert set(statement["Principal"]) == {"Service"}, name
