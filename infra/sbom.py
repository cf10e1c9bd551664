"""The crates that are in the functions, as a CycloneDX 1.5 document: python infra/sbom.py > sbom.json."""

import json
import pathlib
import subprocess
import sys
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parents[1]


def metadata():
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--offline"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def reachable(found, roots):
    """The packages that `roots` are built from: normal dependencies, and theirs."""
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    seen, waiting = set(), list(roots)
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            for dependency in nodes[package]["deps"]:
                if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                    waiting.append(dependency["pkg"])
    return seen


def purl(package):
    """A crate that no registry gave is named with where its source lies: crc-fast is not the registry's."""
    known = f"pkg:cargo/{package['name']}@{package['version']}"
    return known if package["source"] else f"{known}?vcs_url=git%2B{quote(package['repository'], safe='')}"


def component(package, checksums):
    found = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
        "licenses": [{"expression": " ".join((package["license"] or "NOASSERTION").replace("/", " OR ").split())}],
    }
    checksum = checksums.get((package["name"], package["version"]))
    if checksum:
        found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return found


def checksums():
    """Cargo.lock has the checksum of each crate that a registry gave."""
    found, name, version = {}, None, None
    for line in (ROOT / "Cargo.lock").read_text().splitlines():
        key, _, value = line.partition(" = ")
        value = value.strip('"')
        if key == "name":
            name = value
        elif key == "version":
            version = value
        elif key == "checksum":
            found[name, version] = value
    return found


def document():
    found = metadata()
    packages = {package["id"]: package for package in found["packages"]}
    functions = [it for it in packages.values() if "functions" in pathlib.Path(it["manifest_path"]).parts]
    used = reachable(found, [it["id"] for it in functions])
    known = checksums()
    parts = sorted((packages[it] for it in used), key=lambda it: (it["name"], it["version"]))
    version = functions[0]["version"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "vigil", "version": version}},
        "components": [component(it, known) for it in parts],
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1)
    print()
