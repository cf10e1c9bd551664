"""Faults that were in the template once, or could be: each makes the test fail that is named."""

import os
import pathlib
import subprocess
import sys

import pytest

from stack import TEMPLATE

HERE = pathlib.Path(__file__).parent
TOPIC = """          - Sid: FromOurRules
            Effect: Allow
            Principal:
              Service: events.amazonaws.com
            Action: sns:Publish
            Resource: !Ref OnCall
"""
LOG = "Arn: !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/events/${Name}-findings"
CASES = "- !Sub arn:${AWS::Partition}:s3:::${Name}-evidence-${AWS::AccountId}-${AWS::Region}/cases/*"
QUEUE = """          DeadLetterConfig:
            Arn: !GetAtt FindingsDeadLetters.Arn
"""
PUBLISH = """              Action: sns:Publish
              Resource:
                - !If [MakesAlerts, !Ref Alerts, !Ref TopicArn]
                - !Ref OnCall
"""
PATTERN = """                eventName: [DeleteCertificateAuthority]
                errorCode: [exists: false]
"""

# The test, what it stands for, and the fault: a text and what takes its place.
FAULTS = [
    (
        "test_no_topic_policy_has_a_condition_for_eventbridge",
        TOPIC,
        TOPIC + "            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}\n",
    ),
    ("test_no_rule_has_a_log_target_that_ends_in_a_star", LOG, LOG + ":*"),
    ("test_every_target_of_every_rule_has_a_dead_letter_queue", QUEUE, ""),
    (
        "test_every_dead_letter_queue_takes_what_eventbridge_could_not_deliver",
        "              - !GetAtt LastResortDeadLetters.Arn\n",
        "",
    ),
    (
        "test_no_permission_is_for_every_resource",
        PUBLISH,
        '              Action: sns:Publish\n              Resource: "*"\n',
    ),
    ("test_no_role_writes_what_permits_a_deletion", CASES, CASES.replace("cases/*", "*")),
    (
        "test_the_rules_that_match_an_event[deletion that failed]",
        PATTERN,
        PATTERN.replace("                errorCode: [exists: false]\n", ""),
    ),
    (
        "test_the_rules_that_match_an_event[CRL]",
        "detail-type: [ACM Private CA CRL Generation]",
        "detail-type: [ACM Private CA CRL Publication]",
    ),
    (
        "test_a_setting_reaches_its_functions[RestoresPerDay]",
        "          VIGIL_RESTORES_PER_DAY: !Ref RestoresPerDay\n",
        "",
    ),
    (
        "test_buckets_log_and_keys_are_kept_but_not_by_a_failed_creation",
        "DeletionPolicy: RetainExceptOnCreate",
        "DeletionPolicy: Retain",
    ),
    ("test_silence_is_reported_and_a_new_stack_is_not", "TreatMissingData: missing", "TreatMissingData: breaching"),
    ("test_a_role_writes_to_the_log_of_its_function_only", "              Action: logs:*\n", "              Action: logs:Get*\n"),
]


@pytest.mark.parametrize("test,old,new", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_makes_its_test_fail(tmp_path, test, old, new):
    text = TEMPLATE.read_text()
    assert old in text, "the template has no such text"
    mutant = tmp_path / "template.yaml"
    mutant.write_text(text.replace(old, new, 1))
    name = test.partition("[")[0]
    file = "test_patterns.py" if "match_an_event" in name else "test_template.py"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", f"{file}::{name}"],
        cwd=HERE,
        env={**os.environ, "VIGIL_TEMPLATE": str(mutant)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1 and f"{file}::{test}" in ran.stdout, ran.stdout + ran.stderr
