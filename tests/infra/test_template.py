"""What no linter knows of the transformed template: names, parameters, roles, alarms."""

import json
import re

import pytest

from stack import ROOT, Stack, as_list, source, statements, transformed

MAIL = {"AlertEmail": "pki@example.com"}
KEY = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
FUNCTIONS = {"AuditReport", "AutoRestore", "CrlAudit", "LastResortFunction", "Notify", "RestoreDeadline"}
STORES = {"EvidenceBucket", "ReportBucket", "FindingsLog"}
KEYS = {"ApproverKey", "PolicyKey", "StateKey"}


def stack(**parameters):
    return Stack(**{**MAIL, **parameters})


def roles(of):
    """The statements of each function's role, by the function's logical id."""
    found = {}
    for name, role in of.of_type("AWS::IAM::Role").items():
        documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
        found[name.removesuffix("Role")] = [one for document in documents for one in statements(document)]
    assert set(found) == FUNCTIONS
    return found


def strings(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def test_no_topic_policy_has_a_condition_for_eventbridge():
    for name, policy in stack().of_type("AWS::SNS::TopicPolicy").items():
        for statement in statements(policy["PolicyDocument"]):
            if statement["Principal"] == {"Service": "events.amazonaws.com"}:
                assert "Condition" not in statement, name


def test_no_rule_has_a_log_target_that_ends_in_a_star():
    targets = [
        target["Arn"]
        for rule in stack().of_type("AWS::Events::Rule").values()
        for target in rule["Targets"]
    ]
    logs = [arn for arn in targets if ":log-group:" in arn]
    assert logs and not any(arn.endswith(":*") for arn in logs)


def test_every_target_of_every_rule_has_a_dead_letter_queue():
    rules = stack().of_type("AWS::Events::Rule")
    assert len(rules) > 20
    for name, rule in rules.items():
        for target in rule["Targets"]:
            assert ":sqs:" in target["DeadLetterConfig"]["Arn"], name


def test_every_dead_letter_queue_takes_what_eventbridge_could_not_deliver():
    of = stack()
    used = {
        target["DeadLetterConfig"]["Arn"]
        for rule in of.of_type("AWS::Events::Rule").values()
        for target in rule["Targets"]
    }
    permitted = {
        arn
        for policy in of.of_type("AWS::SQS::QueuePolicy").values()
        for statement in statements(policy["PolicyDocument"])
        for arn in as_list(statement["Resource"])
    }
    assert used <= permitted


def test_a_role_writes_to_the_log_of_its_function_only():
    of = stack()
    functions = of.of_type("AWS::Lambda::Function")
    for name, found in roles(of).items():
        own = f"arn:aws:logs:us-east-1:111122223333:log-group:{functions[name]['LoggingConfig']['LogGroup']}:*"
        denied = [one for one in found if one["Effect"] == "Deny"]
        assert [(one["Action"], one["NotResource"]) for one in denied] == [("logs:*", own)], name
    for name, role in of.of_type("AWS::IAM::Role").items():
        managed = [arn for arn in role["ManagedPolicyArns"] if not arn.endswith("AWSLambdaBasicExecutionRole")]
        assert managed == [], name


# Actions that know no resource (Service Authorization Reference).
WITHOUT_RESOURCE = {
    "cloudtrail:LookupEvents",
    "acm-pca:ListCertificateAuthorities",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
}


@pytest.mark.parametrize("parameters", [{}, {"PutBack": "true", "Regions": "eu-west-1", "KmsKeyArn": KEY}])
def test_no_permission_is_for_every_resource(parameters):
    for name, found in roles(stack(**parameters)).items():
        for one in found:
            if one["Effect"] == "Allow" and "*" in as_list(one["Resource"]):
                assert set(as_list(one["Action"])) <= WITHOUT_RESOURCE, name
            assert not any("*" in action for action in as_list(one["Action"]) if one["Effect"] == "Allow"), name


def test_a_role_sends_to_the_dead_letter_queue_of_its_function_only():
    for name, found in roles(stack()).items():
        own = name.removesuffix("Function")
        sent = [one["Resource"] for one in found if one["Action"] == "sqs:SendMessage"]
        assert sent == [f"arn:aws:sqs:us-east-1:111122223333:vigil-local-{own}DeadLetters"], name


def test_no_role_writes_what_permits_a_deletion():
    permits = ("acks/", "approvals/", "holds/", "policies/")
    for name, found in roles(stack(PutBack="true")).items():
        for one in found:
            if one["Effect"] == "Allow" and "s3:PutObject" in as_list(one["Action"]):
                for arn in as_list(one["Resource"]):
                    path = arn.partition("vigil-evidence-111122223333-us-east-1/")[2]
                    is_report = arn.startswith("arn:aws:s3:::vigil-audit-reports-")
                    assert is_report or (path and not path.startswith(permits) and path != "*"), f"{name}: {arn}"


# Each is changed by the test of the suite `roles` that is named.
CONDITIONS = {
    ("AuditReport", "StringEquals", "events:source"): "every_condition_of_a_role_matters",
    ("AutoRestore", "StringEquals", "events:source"): "every_condition_of_a_role_matters",
    ("CrlAudit", "StringEquals", "aws:ResourceAccount"): "every_condition_of_a_role_matters",
    ("CrlAudit", "StringEquals", "events:source"): "every_condition_of_a_role_matters",
    ("CrlAudit", "StringLike", "kms:ViaService"): "every_condition_of_a_role_matters",
    ("LastResortFunction", "StringEquals", "events:source"): "every_condition_of_a_role_matters",
    ("RestoreDeadline", "StringEquals", "events:source"): "every_condition_of_a_role_matters",
}


def test_every_condition_of_a_role_is_known_to_a_test():
    suite = (ROOT / "tests/e2e/suites/roles.rs").read_text()
    found = {
        (name, operator, key)
        for name, all in roles(stack(PutBack="true", KmsKeyArn=KEY)).items()
        for one in all
        for operator, keys in one.get("Condition", {}).items()
        for key in keys
    }
    assert found == set(CONDITIONS)
    assert all(f"fn {test}(" in suite for test in CONDITIONS.values())


def test_buckets_log_and_keys_are_kept_but_not_by_a_failed_creation():
    kept = {
        name: resource["DeletionPolicy"]
        for name, resource in transformed()["Resources"].items()
        if "DeletionPolicy" in resource
    }
    assert kept == {name: "RetainExceptOnCreate" for name in STORES | KEYS}


def test_the_version_is_that_of_the_workspace():
    version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
    for name, function in stack().of_type("AWS::Lambda::Function").items():
        tags = {tag["Key"]: tag["Value"] for tag in function["Tags"]}
        assert tags["vigil:version"] == version, name


# ---- Parameters: each has an effect, and each test names it -------------------------------------


def test_name_begins_every_name():
    names = {"BucketName", "FunctionName", "LogGroupName", "PolicyName"}
    starts = ("pki-", "/aws/lambda/pki-", "/aws/events/pki-")
    seen = 0
    for name, resource in stack(Name="pki").resources.items():
        for member in names & set(resource.get("Properties", {})):
            value = resource["Properties"][member]
            if resource["Type"] != "AWS::IAM::Role":
                assert value.startswith(starts), f"{name}: {value}"
                seen += 1
    assert seen > 10


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_architecture_is_that_of_every_function(architecture):
    for function in stack(Architecture=architecture).of_type("AWS::Lambda::Function").values():
        assert function["Architectures"] == [architecture]


def test_log_level_and_retention_are_those_of_every_function():
    of = stack(LogLevel="DEBUG", LogRetentionDays="30")
    for function in of.of_type("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
    for group in of.of_type("AWS::Logs::LogGroup").values():
        assert str(group["RetentionInDays"]) == "30"


def test_kms_key_encrypts_what_holds_something_and_is_granted():
    without, with_key = stack(), stack(KmsKeyArn=KEY)
    for name in ("EvidenceBucket", "ReportBucket"):
        def rule(of):
            (rule,) = of.resources[name]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            return rule

        assert rule(without) == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        own = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
        assert rule(with_key) == {"ServerSideEncryptionByDefault": own, "BucketKeyEnabled": True}
    for group in with_key.of_type("AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == KEY
    for group in without.of_type("AWS::Logs::LogGroup").values():
        assert "KmsKeyId" not in group

    for kind in ("AWS::SQS::Queue", "AWS::SNS::Topic"):
        assert with_key.of_type(kind)
        for name, it in with_key.of_type(kind).items():
            assert it["KmsMasterKeyId"] == KEY and "SqsManagedSseEnabled" not in it, name
        for name, it in without.of_type(kind).items():
            assert "KmsMasterKeyId" not in it and it.get("SqsManagedSseEnabled", True) is True, name

    def users(of):
        return {name for name, found in roles(of).items() if any(one.get("Resource") == KEY for one in found)}

    assert users(without) == set()
    # Each sends to an encrypted queue, and reads or publishes what is encrypted.
    assert users(with_key) == FUNCTIONS


def test_object_lock_days_lock_the_evidence():
    evidence = stack().resources["EvidenceBucket"]["Properties"]
    assert "ObjectLockEnabled" not in evidence and "ObjectLockConfiguration" not in evidence
    evidence = stack(ObjectLockDays="400").resources["EvidenceBucket"]["Properties"]
    assert evidence["ObjectLockEnabled"] is True
    retention = evidence["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (retention["Mode"], str(retention["Days"])) == ("GOVERNANCE", "400")


def test_boundary_and_path_are_those_of_every_role():
    for role in stack().of_type("AWS::IAM::Role").values():
        assert "PermissionsBoundary" not in role and role["Path"] == "/"
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    of = stack(PermissionsBoundary=boundary, RolePath="/pki/")
    for role in of.of_type("AWS::IAM::Role").values():
        assert (role["PermissionsBoundary"], role["Path"]) == (boundary, "/pki/")
    # The ARN of a role has its path, so the policies that name roles need it, too.
    for of, path in ((stack(), "/"), (of, "/pki/")):
        named = [text for text in strings(of.resources) if re.search(r":role/.*vigil-local-.*\*$", text)]
        # Two in policies of keys and bus, the others in that of the evidence bucket.
        assert len(named) == 9
        assert all(text.startswith(f"arn:aws:iam::111122223333:role{path}vigil-local-") for text in named), named


def reach(of, action):
    found = [one for one in roles(of)["CrlAudit"] if action in as_list(one["Action"]) and one["Effect"] == "Allow"]
    return {arn for one in found for arn in as_list(one["Resource"]) if "vigil-" not in arn}


def test_crl_buckets_narrow_the_reach_of_crl_audit():
    assert reach(stack(), "s3:GetBucketPolicy") == {"arn:aws:s3:::*"}
    assert reach(stack(), "s3:GetObject") == {"arn:aws:s3:::*/crl/*", "arn:aws:s3:::*/*.crl"}
    of = stack(CrlBuckets="arn:aws:s3:::a-crls,arn:aws:s3:::b-crls")
    assert reach(of, "s3:GetBucketPolicy") == {"arn:aws:s3:::a-crls", "arn:aws:s3:::b-crls"}
    wanted = {f"arn:aws:s3:::{bucket}/{end}" for bucket in ("a-crls", "b-crls") for end in ("crl/*", "*.crl")}
    assert reach(of, "s3:GetObject") == wanted


def test_crl_keys_narrow_the_reach_of_crl_audit():
    assert reach(stack(), "kms:Decrypt") == {"arn:aws:kms:*:111122223333:key/*"}
    assert reach(stack(CrlKeys=KEY), "kms:Decrypt") == {KEY}


def test_the_logs_policy_can_be_left_out():
    assert set(stack().of_type("AWS::Logs::ResourcePolicy")) == {"FindingsLogPolicy"}
    assert stack(LogsPolicy="false").of_type("AWS::Logs::ResourcePolicy") == {}


def references(value):
    """Logical ids that intrinsic functions name."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item[0] if isinstance(item, list) else item.split(".")[0]
            elif key == "Fn::Sub":
                text = item[0] if isinstance(item, list) else item
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text))
                yield from references(item[1:] if isinstance(item, list) else [])
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_stores_that_are_there_already_are_taken_over():
    assert STORES <= set(stack().resources)
    of = stack(TakeOver="true")
    assert STORES.isdisjoint(of.resources)
    for name, resource in of.template["Resources"].items():
        if name in of.resources:
            assert STORES.isdisjoint(references(resource)), name
    # And they are the same ones.
    function = of.of_type("AWS::Lambda::Function")["AutoRestore"]
    assert function["Environment"]["Variables"]["VIGIL_EVIDENCE_BUCKET"] == "vigil-evidence-111122223333-us-east-1"


def test_reserve_concurrency_reserves_only_if_asked():
    def reserved(of):
        functions = of.of_type("AWS::Lambda::Function").items()
        return {name: it["ReservedConcurrentExecutions"] for name, it in functions if "ReservedConcurrentExecutions" in it}

    assert reserved(stack()) == {}
    assert set(reserved(stack(ReserveConcurrency="true"))) == {"AutoRestore", "LastResortFunction", "RestoreDeadline"}


def test_put_back_grants_what_it_needs_and_nothing_otherwise():
    actions = {"acm-pca:CreatePermission", "acm-pca:PutPolicy", "acm-pca:TagCertificateAuthority"}

    def granted(of):
        return {
            name
            for name, found in roles(of).items()
            for one in found
            if actions & set(as_list(one["Action"]))
        }

    assert granted(stack()) == set()
    assert granted(stack(PutBack="true")) == {"AutoRestore", "RestoreDeadline"}


CHANGES_CAS = {
    "acm-pca:CreatePermission",
    "acm-pca:DeletePermission",
    "acm-pca:DeletePolicy",
    "acm-pca:PutPolicy",
    "acm-pca:RestoreCertificateAuthority",
    "acm-pca:TagCertificateAuthority",
    "acm-pca:UntagCertificateAuthority",
    "acm-pca:UpdateCertificateAuthority",
}


def changers(of):
    return {
        name
        for name, found in roles(of).items()
        for one in found
        if one["Effect"] == "Allow" and CHANGES_CAS & set(as_list(one["Action"]))
    }


@pytest.mark.parametrize("more", [{}, {"PutBack": "true", "Regions": "eu-west-1", "KmsKeyArn": KEY}])
def test_in_observe_no_role_changes_a_ca(more):
    assert changers(stack(**more)) == {"AutoRestore", "LastResortFunction", "RestoreDeadline"}
    observing = stack(Mode="observe", **more)
    assert changers(observing) == set()
    # What cannot be allowed by name is not allowed by a pattern either.
    allowed = [action for found in roles(observing).values() for one in found if one["Effect"] == "Allow"
               for action in as_list(one["Action"])]
    assert not any("*" in action for action in allowed)


OTHERS_TOPIC = "arn:aws:sns:us-east-1:444455556666:incidents"


def test_a_topic_of_others_takes_the_place_of_alerts():
    own, of = stack(), stack(TopicArn=OTHERS_TOPIC)
    alerts = own.ref("Alerts")
    assert "Alerts" in own.resources and "AlertsPolicy" in own.resources
    assert {"Alerts", "AlertsPolicy"}.isdisjoint(of.resources)
    assert alerts not in set(strings(of.resources))
    # Wherever the one was, the other is.
    before, after = list(strings(own.resources)), list(strings(of.resources))
    policy = list(strings(own.resources["AlertsPolicy"]))
    assert before.count(alerts) - policy.count(alerts) == after.count(OTHERS_TOPIC)
    alarm = of.resources["AlertsUndeliveredAlarm"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "TopicName", "Value": "incidents"}]
    for name, it in of.template["Resources"].items():
        if name in of.resources:
            resolved = json.dumps(of.resources[name])
            assert "vigil-local-Alerts\"" not in resolved, name


PRODUCT = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default"


def test_security_hub_is_written_to_only_if_asked():
    def granted(of):
        return {
            (name, action, one["Resource"])
            for name, found in roles(of).items()
            for one in found
            for action in as_list(one["Action"])
            if action.startswith("securityhub:")
        }

    def product(of):
        return of.of_type("AWS::Lambda::Function")["Notify"]["Environment"]["Variables"]["VIGIL_SECURITY_HUB_PRODUCT"]

    assert (granted(stack()), product(stack())) == (set(), "")
    of = stack(SecurityHub="true")
    assert granted(of) == {("Notify", "securityhub:BatchImportFindings", PRODUCT)}
    assert product(of) == PRODUCT


def test_regions_widen_the_roles_to_other_regions():
    def regions(of):
        arns = {arn for found in roles(of).values() for one in found for arn in as_list(one.get("Resource", []))}
        return {arn.split(":")[3] for arn in arns if ":certificate-authority/" in arn}

    assert regions(stack()) == {"us-east-1"}
    assert "*" in regions(stack(Regions="us-east-1,eu-west-1"))


def test_last_resort_can_be_switched_off():
    of = stack(LastResort="false")
    assert of.resources["LastResortFunctionEveryQuarterHour"]["Properties"]["State"] == "DISABLED"
    assert "LastResortSilenceAlarm" not in of.resources
    assert stack().resources["LastResortFunctionEveryQuarterHour"]["Properties"]["State"] == "ENABLED"


JUDGES = {"AutoRestore", "RestoreDeadline"}
# They check approvals and acknowledgements.
VERIFIERS = JUDGES | {"AuditReport", "LastResortFunction"}
# Commands in alerts name a key.
NAMERS = VERIFIERS | {"Notify"}
VARIABLES = {
    "ApprovalsNeeded": ("2", "VIGIL_APPROVALS_NEEDED", VERIFIERS),
    "ApproverKeyHolders": (f"{KEY}=arn:aws:iam::111122223333:role/a", "VIGIL_APPROVER_KEY_HOLDERS", VERIFIERS),
    "CrlAdministrators": ("111122223333", "VIGIL_CRL_ADMINISTRATORS", {"CrlAudit"}),
    "ReportStale": ("2h,3h", "VIGIL_REPORT_STALE", {"AuditReport"}),
    "RetiredKeys": (f"{KEY}@2026-01-01", "VIGIL_RETIRED_KEYS", NAMERS),
    "Mode": ("observe", "VIGIL_MODE", JUDGES | {"LastResortFunction"}),
    "DeadlineThresholds": ("2d", "VIGIL_DEADLINE_THRESHOLDS", {"AutoRestore", "RestoreDeadline"}),
    "FetchDistributionPoints": ("true", "VIGIL_FETCH_DISTRIBUTION_POINTS", {"CrlAudit"}),
    "PermittedDeletions": (
        "11223344-1234-1122-2233-112233445566@2026-12-01T10:00:00Z",
        "VIGIL_PERMITTED_DELETIONS",
        {"LastResortFunction", "RestoreDeadline"},
    ),
    "PutBack": ("true", "VIGIL_PUT_BACK", {"AutoRestore", "RestoreDeadline"}),
    "ReactivateWithin": ("2h", "VIGIL_REACTIVATE_WITHIN", {"AutoRestore", "RestoreDeadline"}),
    "Regions": ("eu-west-1", "VIGIL_REGIONS", {"AutoRestore", "LastResortFunction", "RestoreDeadline"}),
    "RestoresPerDay": ("9", "VIGIL_RESTORES_PER_DAY", {"AutoRestore", "RestoreDeadline"}),
    "SweepSettle": ("9m", "VIGIL_SWEEP_SETTLE", {"AutoRestore", "RestoreDeadline"}),
}


@pytest.mark.parametrize("parameter", VARIABLES)
def test_a_setting_reaches_its_functions(parameter):
    value, variable, wanted = VARIABLES[parameter]
    functions = stack(**{parameter: value}).of_type("AWS::Lambda::Function")
    given = {
        name
        for name, function in functions.items()
        if str(function["Environment"]["Variables"].get(variable)) == value
    }
    assert wanted <= given


CAROL = "arn:aws:iam::111122223333:role/carol"


def test_who_verifies_signatures_knows_who_may_sign():
    for name, function in stack(Approvers=CAROL).of_type("AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        # `notify` names a key in its messages, and verifies nothing.
        verifies = "VIGIL_APPROVALS_NEEDED" in variables
        assert verifies == (name in VERIFIERS) == ("VIGIL_APPROVER_KEY_HOLDERS" in variables), name
        assert variables.get("VIGIL_APPROVERS") == (CAROL if verifies else None), name


@pytest.mark.parametrize(
    "parameter, key, variable, users",
    [
        ("Approvers", "ApproverKey", "VIGIL_APPROVER_KEYS", NAMERS),
        ("Publishers", "PolicyKey", "VIGIL_POLICY_KEYS", JUDGES),
    ],
)
def test_signers_alone_sign_with_the_key_that_functions_check(parameter, key, variable, users):
    assert key not in stack().resources
    of = stack(**{parameter: CAROL})
    policy = of.resources[key]["Properties"]["KeyPolicy"]["Statement"]
    assert [one["Principal"]["AWS"] for one in policy if "kms:Sign" in one["Action"]] == [[CAROL]]
    arn = of.get_att(key, "Arn")
    for name, function in of.of_type("AWS::Lambda::Function").items():
        value = function["Environment"]["Variables"].get(variable, "")
        assert (arn in value) == (name in users), name


def test_approver_keys_name_further_groups():
    of = stack(ApproverKeys=KEY)
    for name in NAMERS:
        variables = of.resources[name]["Properties"]["Environment"]["Variables"]
        assert variables["VIGIL_APPROVER_KEYS"].strip(",") == KEY


def test_the_sweep_has_its_schedule():
    rule = stack(SweepSchedule="rate(1 hour)").resources["AutoRestoreSweep"]["Properties"]
    assert rule["ScheduleExpression"] == "rate(1 hour)"


def test_mail_addresses_are_subscribed():
    def endpoints(of):
        return {it["Endpoint"] for it in of.of_type("AWS::SNS::Subscription").values()}

    assert endpoints(Stack(SubscribeLater="true")) == set()
    assert endpoints(Stack(AlertEmail="a@b.c", OnCallEmail="d@e.f")) == {"a@b.c", "d@e.f"}


def alarms(**parameters):
    return set(stack(**parameters).of_type("AWS::CloudWatch::Alarm"))


def test_alarms_can_be_all_few_or_none():
    every = {name for name, it in transformed()["Resources"].items() if it["Type"] == "AWS::CloudWatch::Alarm"}
    assert alarms() == alarms(Alarms="all") == every
    assert alarms(Alarms="none") == set()
    few = alarms(Alarms="few")
    assert {"FindingsUndeliveredAlarm", "LastResortSilenceAlarm", "AutoRestoreDeadLettersAlarm"} <= few < every


def test_every_parameter_is_tested_here():
    tested = (ROOT / "tests/infra/test_template.py").read_text()
    missing = [name for name in source()["Parameters"] if not re.search(rf"\b{name}\b", tested)]
    assert missing == []


def test_every_text_parameter_says_what_it_takes():
    for name, parameter in source()["Parameters"].items():
        limits = {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter)
        assert limits or name == "PermittedDeletions", name
        if "AllowedPattern" in parameter or "MinValue" in parameter:
            assert "ConstraintDescription" in parameter, name


# ---- Alarms -------------------------------------------------------------------------------------


def test_silence_is_reported_and_a_new_stack_is_not():
    silence = {name: it for name, it in stack().of_type("AWS::CloudWatch::Alarm").items() if "Silence" in name}
    assert len(silence) == 5
    for name, alarm in silence.items():
        assert alarm["TreatMissingData"] == "missing", name
        assert alarm["InsufficientDataActions"] == alarm["AlarmActions"] == alarm["OKActions"], name


def test_the_duration_alarm_divides_by_the_timeouts():
    of = stack()
    alarm = of.resources["DurationAlarm"]["Properties"]
    (expression,) = [it["Expression"] for it in alarm["Metrics"] if "Expression" in it]
    divisors = dict(re.findall(r"FILL\((\w+),0\)/(\d+)", expression))
    functions = of.of_type("AWS::Lambda::Function")
    timeouts = {it["FunctionName"]: it["Timeout"] for it in functions.values()}
    for metric in alarm["Metrics"]:
        if "MetricStat" in metric:
            (dimension,) = metric["MetricStat"]["Metric"]["Dimensions"]
            assert int(divisors[metric["Id"]]) == timeouts[dimension["Value"]] * 1000
    assert len(divisors) == len(timeouts) == 6


def test_every_function_and_queue_is_in_the_alarms_on_all_of_them():
    of = stack()

    def watched(alarm):
        metrics = of.resources[alarm]["Properties"]["Metrics"]
        return {it["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for it in metrics if "MetricStat" in it}

    names = {it["FunctionName"] for it in of.of_type("AWS::Lambda::Function").values()}
    assert watched("ThrottlesAlarm") == watched("DurationAlarm") == names
    queues = {of.physical(name) for name in of.of_type("AWS::SQS::Queue")}
    assert watched("DeadLettersAgeAlarm") == queues


def test_the_alarm_on_changes_counts_every_rule_of_changes():
    of = stack()
    metrics = of.resources["ChangesUndeliveredAlarm"]["Properties"]["Metrics"]
    counted = [it["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for it in metrics if "MetricStat" in it]
    rules = [of.physical(name) for name in of.of_type("AWS::Events::Rule") if name.endswith("Changed")]
    assert sorted(counted) == sorted(rules)
    # CloudWatch's quota of metrics in an alarm on an expression.
    assert len(counted) <= 10
    (expression,) = [it["Expression"] for it in metrics if "Expression" in it]
    assert all(f"FILL({it['Id']}, 0)" in expression for it in metrics if "MetricStat" in it)


def keys_pattern(**parameters):
    pattern = stack(**parameters).resources["KeysChanged"]["Properties"]["EventPattern"]
    asked, answered = pattern["detail"]["$or"]
    return [one["suffix"] for one in asked["requestParameters"]["keyId"]], answered["responseElements"]["keyId"]


def test_each_key_of_the_stack_is_watched_for_changes():
    of = stack()
    assert keys_pattern() == ([of.ref("StateKey")], ["none"])
    own, others = keys_pattern(Approvers=CAROL, Publishers=CAROL, KmsKeyArn=KEY, ApproverKeys=f"{KEY},{KEY}-b")
    assert own == [of.ref("StateKey"), of.ref("ApproverKey"), of.ref("PolicyKey"), KEY.rpartition("/")[2]]
    assert others == [KEY, f"{KEY}-b"]


# ---- What the template promises in other places -------------------------------------------------


def test_the_template_is_json_and_small_enough():
    # CloudFormation takes a megabyte from a bucket.
    assert len(json.dumps(transformed())) < 900_000


@pytest.mark.parametrize("parameters", [{}, {"PutBack": "true", "Regions": "eu-west-1", "KmsKeyArn": KEY}])
def test_only_who_judges_deletions_asks_who_deleted(parameters):
    asks = {
        name
        for name, found in roles(stack(**parameters)).items()
        for one in found
        if one["Effect"] == "Allow" and "cloudtrail:LookupEvents" in as_list(one["Action"])
    }
    assert asks == {"AutoRestore", "RestoreDeadline"}


def test_every_role_publishes_as_vigil_alone():
    for name, found in roles(stack(LastResort="true")).items():
        for one in found:
            if one["Effect"] == "Allow" and "events:PutEvents" in as_list(one["Action"]):
                assert one["Condition"] == {"StringEquals": {"events:source": "vigil"}}, name


def expires_after(tags):
    """The days after which the report bucket's lifecycle deletes a report: S3 takes the shortest of all rules that fit."""
    (rules,) = stack().resources["ReportBucket"]["Properties"]["LifecycleConfiguration"].values()
    fitting = [
        int(rule["ExpirationInDays"])
        for rule in rules
        if "ExpirationInDays" in rule
        and "audit-report/1/a.json".startswith(rule.get("Prefix", ""))
        and all(tags.get(tag["Key"]) == tag["Value"] for tag in rule.get("TagFilters", []))
    ]
    return min(fitting)


def test_the_newest_report_of_a_month_is_kept_for_longer():
    assert expires_after({}) == 400
    assert expires_after({"vigil:superseded": "true"}) == 90
    assert expires_after({"vigil:superseded": "false"}) == 400


def evidence_policy(**parameters):
    document = stack(**parameters).of_type("AWS::S3::BucketPolicy")["EvidenceBucketPolicy"]["PolicyDocument"]
    return {one["Sid"]: one for one in statements(document)}


def test_each_prefix_of_the_evidence_bucket_is_written_by_its_owner():
    people = {"Approvers": "arn:aws:iam::111122223333:role/A", "Publishers": "arn:aws:iam::111122223333:role/P"}
    found = evidence_policy(**people)
    denied = {
        resource.split("/", 1)[1]: one["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
        for one in found.values()
        if as_list(one["Action"]) == ["s3:PutObject"]
        for resource in as_list(one["Resource"])
    }
    written = {
        resource.split("/", 1)[1]
        for name, statements_of in roles(stack()).items()
        for one in statements_of
        if one["Effect"] == "Allow" and "s3:PutObject" in as_list(one["Action"])
        for resource in as_list(one["Resource"])
        if "-evidence-" in resource
    }
    assert written <= set(denied), "what a role may write is denied to all others"
    assert set(denied) - written == {"acks/*", "approvals/*", "policies/*"}
    assert as_list(denied["approvals/*"]) == ["arn:aws:iam::111122223333:role/A"]
    assert as_list(denied["policies/*"]) == ["arn:aws:iam::111122223333:role/P"]
    owned = ("Role", "Roles", "Approvers", "Publishers")
    assert not [sid for sid in evidence_policy(ProtectEvidence="false") if sid.endswith(owned)]


def test_what_no_principal_may_sign_is_written_by_none():
    found = evidence_policy()
    for sid, prefixes in [("ApprovalsByApprovers", ["acks", "approvals"]), ("PoliciesByPublishers", ["policies"])]:
        assert "Condition" not in found[sid], sid
        assert [as_list(found[sid][part]) for part in ("Effect", "Principal", "Action")] == [["Deny"], ["*"], ["s3:PutObject"]]
        assert [one.split("/", 1)[1] for one in as_list(found[sid]["Resource"])] == [f"{prefix}/*" for prefix in prefixes]
    key = "arn:aws:kms:us-east-1:111122223333:key/0123abcd-0123-0123-0123-0123456789ab"
    assert "ApprovalsByApprovers" not in evidence_policy(ApproverKeys=key), "its principals are not known"


def test_only_break_glass_changes_what_protects_the_evidence():
    role = "arn:aws:iam::111122223333:role/BreakGlass"
    assert "ProtectionByBreakGlass" not in evidence_policy()
    one = evidence_policy(BreakGlass=role)["ProtectionByBreakGlass"]
    assert {"s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"} <= set(one["Action"])
    assert as_list(one["Condition"]["ArnNotLike"]["aws:PrincipalArn"]) == [role]


def test_the_code_of_every_function_is_signed_where_asked():
    config = "arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-0123456789abcdef0"
    for given, want in [("", None), (config, config)]:
        functions = stack(CodeSigningConfigArn=given).of_type("AWS::Lambda::Function").values()
        assert {one.get("CodeSigningConfigArn") for one in functions} == {want}
