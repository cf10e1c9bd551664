"""Counts an audit report as others would: report.py duckdb|python FILE. Prints the counts."""

import collections
import csv
import json
import sys

how, path = sys.argv[1:]
NOW = "2026-03-01T00:00:00+0000"

if how == "duckdb":
    import duckdb

    read = f"read_json('{path}')" if path.endswith(".json") else f"read_csv('{path}', all_varchar=true)"
    connection = duckdb.connect()
    connection.execute("SET threads=1")
    # All times have one form, in which the order of texts is that of times.
    print(connection.execute(f"""
        SELECT awsAccountId, templateArn, revocationReason, substr(issuedAt::VARCHAR, 1, 7) AS month,
            count(*), count(*) FILTER (revokedAt IS NOT NULL),
            count(*) FILTER (revokedAt IS NULL AND notAfter::VARCHAR >= '{NOW}'), max(notAfter), min(issuedAt)
        FROM {read} GROUP BY ALL""").fetchall()[:3])
else:
    with open(path, newline="") as file:
        records = json.load(file) if path.endswith(".json") else list(csv.DictReader(file))
    counts = collections.Counter()
    last = ""
    for of in records:
        month = of["issuedAt"][:7]
        revoked = bool(of.get("revokedAt"))
        counts[of["awsAccountId"], of["templateArn"], of.get("revocationReason"), month] += 1
        counts["revoked"] += revoked
        counts["valid"] += not revoked and of["notAfter"] >= NOW
        last = max(last, of["notAfter"])
    print(len(records), counts["revoked"], counts["valid"], last)
