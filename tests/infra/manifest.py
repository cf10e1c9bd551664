"""What an upgrade must not replace: `python tests/infra/manifest.py > tests/infra/manifest.json` at each release."""

import json
import sys

from stack import Stack, source

# A new name or type makes CloudFormation create the resource anew; a function or rule may be, and these hold something.
KEPT = {
    "AWS::Events::Archive",
    "AWS::Events::EventBus",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}


def manifest():
    of = Stack(AlertEmail="pki@example.com", OnCallEmail="on-call@example.com")
    kept = {name: it["Type"] for name, it in of.resources.items() if it["Type"] in KEPT}
    return {
        "parameters": {name: str(it.get("Default", "")) for name, it in sorted(source()["Parameters"].items())},
        "resources": {name: [kind, of.physical(name)] for name, kind in sorted(kept.items())},
    }


if __name__ == "__main__":
    json.dump(manifest(), sys.stdout, indent=1)
    print()
