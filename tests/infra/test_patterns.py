"""Each rule's pattern, judged by moto. The suite `patterns` holds vigil-local to the same events."""

import copy
import json

import pytest
from moto.events.models import EventPattern

from stack import ROOT, Stack

CASES = json.loads((ROOT / "tests/fixtures/events.json").read_text())


def events():
    """(name, event, rules) of every case."""
    samples = {sample["name"]: sample for sample in CASES["samples"]}
    for sample in CASES["samples"]:
        yield sample["name"], sample["event"], sample["rules"]
    for case in CASES["changed"]:
        event = copy.deepcopy(samples[case["like"]]["event"])
        for path, value in case["set"].items():
            *outer, last = path.split(".")
            place = event
            for member in outer:
                place = place[member]
            if value == "(removed)":
                place.pop(last, None)
            else:
                place[last] = value
        yield case["name"], event, case["rules"]


@pytest.fixture(scope="module")
def rules():
    stack = Stack(AlertEmail="pki@example.com")
    found = stack.of_type("AWS::Events::Rule")
    on_default = {
        name: rule["EventPattern"]
        for name, rule in found.items()
        if "EventPattern" in rule and rule.get("EventBusName", "default") == "default"
    }
    return {name: EventPattern.load(json.dumps(pattern)) for name, pattern in on_default.items()}


@pytest.mark.parametrize("name,event,wanted", [pytest.param(*it, id=it[0]) for it in events()])
def test_the_rules_that_match_an_event(rules, name, event, wanted):
    matched = sorted(rule for rule, pattern in rules.items() if pattern.matches_event(event))
    assert matched == sorted(wanted), name


def test_every_rule_has_an_event_that_matches(rules):
    matched = {rule for _, _, wanted in events() for rule in wanted}
    assert set(rules) - matched == set()
