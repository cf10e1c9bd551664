"""An upgrade of a stack of the last release: it keeps what holds something, and takes the old parameters."""

import json

from manifest import manifest
from stack import ROOT, source

BEFORE = json.loads((ROOT / "tests/infra/manifest.json").read_text())


def test_what_holds_something_keeps_its_id_type_and_name():
    now = manifest()["resources"]
    changed = {name: (it, now.get(name)) for name, it in BEFORE["resources"].items() if now.get(name) != it}
    assert changed == {}


def test_every_parameter_of_the_last_release_is_still_taken():
    """`sam deploy` passes the values of samconfig.toml, and CloudFormation refuses one that it does not know."""
    declared = source()["Parameters"]
    gone = [name for name in BEFORE["parameters"] if name not in declared]
    assert gone == []
    for name, default in BEFORE["parameters"].items():
        allowed = declared[name].get("AllowedValues")
        assert allowed is None or default in [str(value) for value in allowed], name


def test_every_new_parameter_has_a_default():
    """Else an upgrade would ask for it."""
    without = [name for name, it in source()["Parameters"].items() if "Default" not in it]
    assert without == []
