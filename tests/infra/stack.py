"""infra/template.yaml as CloudFormation gets it: transformed by SAM, and resolved for given parameters."""

import copy
import functools
import os
import pathlib
import re

import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
# test_mutations.py tries others.
TEMPLATE = pathlib.Path(os.environ.get("VIGIL_TEMPLATE", ROOT / "infra" / "template.yaml"))

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "vigil-local",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/vigil-local/1",
    "AWS::URLSuffix": "amazonaws.com",
}
NAMES = {
    "AWS::Events::EventBus": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
}
# What leaves a member out.
NO_VALUE = object()


class ManagedPolicies:
    """Where SAM looks up the ARNs of AWS's managed policies. The template names none."""

    def load(self):
        return {
            "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        }


def source():
    """The template as it is written."""
    return yaml_parse(TEMPLATE.read_text())


@functools.cache
def _transformed():
    template = source()
    # SAM takes a function's code from a bucket only; `sam deploy` puts it there.
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": "function.zip"}
    defaults = {name: "" for name in template["Parameters"]}
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    return transform(template, defaults, ManagedPolicies())


def transformed():
    """The template after SAM's transformation, with its intrinsic functions."""
    return copy.deepcopy(_transformed())


class Stack:
    """The resources of the transformed template for these parameters."""

    def __init__(self, **parameters):
        template = transformed()
        self.template = template
        declared = template["Parameters"]
        unknown = set(parameters) - set(declared)
        assert not unknown, f"the template has no parameter {unknown}"
        self.parameters = {}
        for name, parameter in declared.items():
            value = parameters.get(name, parameter.get("Default", ""))
            if parameter["Type"] == "CommaDelimitedList":
                value = [item.strip() for item in str(value).split(",")]
            self.parameters[name] = value
        self.all = template["Resources"]
        self.resources = {}
        for name, resource in self.all.items():
            condition = resource.get("Condition")
            if condition is None or self.condition(condition):
                self.resources[name] = {
                    key: self.resolve(value) for key, value in resource.items() if key != "Condition"
                }

    def of_type(self, kind):
        """The properties of all resources of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def condition(self, name):
        return self._holds(self.template["Conditions"][name])

    def _holds(self, condition):
        (function, argument), = condition.items()
        if function == "Condition":
            return self.condition(argument)
        if function == "Fn::Equals":
            return str(self.resolve(argument[0])) == str(self.resolve(argument[1]))
        if function == "Fn::Not":
            return not self._holds(argument[0])
        if function == "Fn::And":
            return all(self._holds(one) for one in argument)
        if function == "Fn::Or":
            return any(self._holds(one) for one in argument)
        raise ValueError(function)

    def physical(self, name):
        resource = self.all[name]
        resource_type = resource["Type"]
        named = NAMES.get(resource_type)
        own = resource.get("Properties", {}).get(named) if named else None
        if own is not None:
            return self.resolve(own)
        # As on vigil-local's stack, where the events of tests/fixtures/events.json are the same.
        if resource_type == "AWS::KMS::Key":
            return name
        end = "" if resource_type == "AWS::SQS::Queue" else "-1ABC"
        return f"{PSEUDO['AWS::StackName']}-{name}{end}"

    def ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        kind, physical = self.all[name]["Type"], self.physical(name)
        if kind == "AWS::SNS::Topic":
            return f"arn:aws:sns:us-east-1:111122223333:{physical.removesuffix('-1ABC')}"
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.us-east-1.amazonaws.com/111122223333/{physical}"
        return physical

    def get_att(self, name, attribute):
        kind, physical = self.all[name]["Type"], self.physical(name)
        if attribute not in ("Arn", "TopicArn"):
            return physical
        base = "us-east-1:111122223333"
        return {
            "AWS::S3::Bucket": f"arn:aws:s3:::{physical}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{base}:{physical}",
            "AWS::Lambda::Function": f"arn:aws:lambda:{base}:function:{physical}",
            "AWS::Events::EventBus": f"arn:aws:events:{base}:event-bus/{physical}",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{base}:log-group:{physical}:*",
            "AWS::IAM::Role": f"arn:aws:iam::111122223333:role/{physical}",
            "AWS::KMS::Key": f"arn:aws:kms:{base}:key/{physical}",
            "AWS::Events::Rule": f"arn:aws:events:{base}:rule/{self._bus(name)}{physical}",
        }[kind]

    def _bus(self, rule):
        bus = self.resolve(self.all[rule]["Properties"].get("EventBusName", "default"))
        return "" if bus == "default" else f"{bus}/"

    def _substitute(self, text, own):
        def value(match):
            name = match.group(1)
            if name in own:
                return str(self.resolve(own[name]))
            if "." in name:
                return self.get_att(*name.split(".", 1))
            return str(self.ref(name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)

    def resolve(self, value):
        if isinstance(value, list):
            items = [self.resolve(item) for item in value]
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == "Ref":
                return self.ref(argument)
            if function == "Fn::GetAtt":
                parts = argument if isinstance(argument, list) else argument.split(".", 1)
                return self.get_att(*parts)
            if function == "Fn::Sub":
                text, own = argument if isinstance(argument, list) else (argument, {})
                return self._substitute(text, own)
            if function == "Fn::If":
                name, then, otherwise = argument
                return self.resolve(then if self.condition(name) else otherwise)
            if function == "Fn::Join":
                return argument[0].join(str(item) for item in self.resolve(argument[1]))
            if function == "Fn::Split":
                return self.resolve(argument[1]).split(argument[0])
            if function == "Fn::Select":
                return self.resolve(argument[1])[int(argument[0])]
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}


def statements(document):
    """The statements of a policy, as a list."""
    if isinstance(document, str):
        document = yaml.safe_load(document)
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def as_list(value):
    return value if isinstance(value, list) else [value]
