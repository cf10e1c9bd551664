"""The list of crates in the functions, read by CycloneDX's own validator."""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from stack import ROOT

sys.path.insert(0, str(ROOT / "infra"))

from sbom import document  # noqa: E402


def test_the_sbom_is_valid_and_has_every_crate_with_its_checksum():
    bom = document()
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(bom)) is None
    names = {it["name"] for it in bom["components"]}
    assert {"aws-lc-rs", "cedar-policy", "lambda_runtime", "auto-restore"} <= names
    assert not {"rcgen", "pca-local", "proptest"} & names, "tests are not deployed"
    ours = {it["name"] for it in bom["components"] if "hashes" not in it}
    assert len(ours) == 11, "what has no checksum is ours"
    # It has the name of the crate in whose place it stands, and is not the registry's.
    crc = next(it for it in bom["components"] if it["name"] == "crc-fast")
    assert "vcs_url=" in crc["purl"], crc
