#!/usr/bin/env python3
"""Writes the skeleton of a CRL rule: `make new-rule NAME=crl.issuer-key`.

The skeleton is the smallest rule, crl.version, under the new name, with a fixture that spoils nothing. It
compiles, and the tests of the rules fail until the check and the fixture are written.
"""

import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "src/rules"
MODEL_ID, MODEL_KIND, MODEL_NAME, KIND, NAME = "crl.version", "not-v2", "NOT_V2", "wrong", "WRONG"


def refuse(why: str) -> None:
    sys.exit(f"new-rule: {why}")


def edited(path: pathlib.Path, anchor: str, line: str) -> str:
    """The file's text with a line behind the only line that contains the anchor."""
    lines = path.read_text().splitlines(keepends=True)
    found = [number for number, text in enumerate(lines) if anchor in text]
    if len(found) != 1:
        refuse(f"{path} has {len(found)} lines with {anchor!r}, and needs one to insert the rule behind")
    lines.insert(found[0] + 1, line)
    return "".join(lines)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if not re.fullmatch(r"crl\.[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        refuse("NAME is the id of a CRL rule, as crl.issuer-key")
    module = name.removeprefix("crl.").replace("-", "_")
    rules, fixtures = SOURCE / "crl.rs", SOURCE / "crl/tests/fixtures.rs"
    rule = SOURCE / f"crl/{module}.rs"
    if rule.exists() or f"mod {module};" in rules.read_text():
        refuse(f"{module} exists in {SOURCE / 'crl'}")

    model = (SOURCE / "crl/version.rs").read_text()
    for needed in (f'"{MODEL_ID}"', MODEL_NAME):
        if needed not in model:
            refuse(f"crl/version.rs, the model, has no {needed}")
    body = re.sub(r"\A(//!.*\n)+", "", model)
    body = body.replace(MODEL_ID, name).replace(MODEL_KIND, KIND).replace(MODEL_NAME, NAME)
    heading = f"//! Write here why {name} must hold. Everything below is still crl.version's: replace it.\n"

    texts = {
        rule: heading + body,
        fixtures: edited(
            fixtures,
            f'("{MODEL_ID}", "{MODEL_KIND}"',
            f'        ("{name}", "{KIND}", |_| {{}}), // Spoil one thing, which only this rule finds.\n',
        ),
    }
    rules_text = edited(rules, "    version::RULE,", f"    {module}::RULE,\n")
    texts[rules] = rules_text.replace("mod version;\n", f"mod {module};\nmod version;\n", 1)
    for path, text in texts.items():
        path.write_text(text)
    print(f"wrote {rule.relative_to(SOURCE.parents[3])}, its fixture and its entry in RULES")
    print("next: write check() and the fixture until this passes: cargo test -p vigil-core --lib rules::")
    print("then: UPDATE_GOLDEN=1 cargo test -p vigil-core --lib rules::, and read the diff of tests/golden")
    print(f"then: a section '### {name}' in docs/runbook.md, and make docs")


main()
