"""Compares every row of the operations table with AWS's own API models.

usage: ops_match_models.py OPS_DUMP
The models come from tests/tools/models.py (TOWERKEEP_MODELS names another folder of them).
Exit status 77 (skipped) when there are none on this machine.
"""
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import awsbundle
import models

# Documented ceilings that are lower than the model's, or that the model leaves out.
CEILINGS = {("kms", "ListAliases"): 100, ("kms", "ListResourceTags"): 50, ("efs", None): 100,
            ("ec2", None): 1000, ("rds", None): 100, ("tagging", None): 100,
            ("fsx", "DescribeFileSystems"): 100, ("fsx", "DescribeVolumes"): 100, ("redshift", None): 100, ("storagegateway", None): 100}
PROTOCOLS = {"rest-json": "rest-json", "json-1.0": "json", "json-1.1": "json", "query": "query", "ec2": "ec2",
             "rest-xml": "rest-xml"}
problems = []


def models_of(service):
    """The service's document, as botocore has it, with its paginators under "pagination"."""
    path = awsbundle.file_or_skip(lambda: models._path(service))
    document = json.loads(path.read_text(encoding="utf-8"))
    pages = path.with_name("paginators-1.json")
    if "pagination" not in document and pages.is_file():
        document["pagination"] = json.loads(pages.read_text(encoding="utf-8"))["pagination"]
    return document


def expect(label, what, ours, theirs):
    if ours != theirs:
        problems.append(f"{label}: {what}: table {ours!r}, model {theirs!r}")


def members(model, op, side):
    ref = op.get(side)
    return model["shapes"][ref["shape"]].get("members", {}) if ref else {}


def wire(service, side, name, member):
    """The name on the wire: EC2's differ from the member's."""
    if service != "ec2":
        return name
    located = member.get("locationName", name)
    return located if side == "output" else member.get("queryName") or located[:1].upper() + located[1:]


def check_service(info, model):
    meta, label = model["metadata"], info["name"]
    expect(label, "protocol", PROTOCOLS[info["protocol"]], meta["protocol"])
    if meta["protocol"] == "json":
        expect(label, "JSON version", info["protocol"], "json-" + meta["jsonVersion"])
        expect(label, "target prefix", info["target"], meta["targetPrefix"])
    else:
        expect(label, "target prefix", info["target"], None)
    expect(label, "API version", info["version"], meta["apiVersion"])
    expect(label, "endpoint prefix", info["endpoint"], meta["endpointPrefix"])
    expect(label, "signing name", info["signing"], meta.get("signingName", meta["endpointPrefix"]))
    env = "EFS" if label == "efs" else meta["serviceId"].upper().replace(" ", "_")
    expect(label, "environment id", info["env"], env)
    if "xmlNamespace" in meta:
        namespace = meta["xmlNamespace"]
        namespace = namespace["uri"] if isinstance(namespace, dict) else namespace
        expect(label, "namespace", info["namespace"].rstrip("/"), namespace.rstrip("/"))


def check_binding(label, row, model, op):
    fields = members(model, op, "input")
    uri, _, fixed = op["http"]["requestUri"].partition("?")
    labels = {m["locationName"]: name for name, m in fields.items() if m.get("location") == "uri"}
    path = re.sub(r"\{(\w+)\+?\}", lambda m: "{%s}" % labels.get(m[1], m[1]), uri)
    expect(label, "method", row["method"], op["http"]["method"])
    if row["method"] == "GET":
        expect(label, "effect", row["effect"], "read")
    if row["method"] == "DELETE" and row["effect"] not in ("removal", "destructive"):
        problems.append(f"{label}: effect {row['effect']}, and the model's method is DELETE")
    expect(label, "path", row["path"], path)
    query = {f"{m['locationName']}={name}" for name, m in fields.items() if m.get("location") == "querystring"}
    expect(label, "query", set(row["query"].split()), query | set(fixed.split("&")) - {""})


def check_paging(label, row, model, op):
    service = row["service"]
    inputs = {wire(service, "input", n, m): m for n, m in members(model, op, "input").items()}
    outputs = {wire(service, "output", n, m): m for n, m in members(model, op, "output").items()}
    pages = model.get("pagination", {}).get(op["name"])
    if pages:
        by_member = lambda side, n: wire(service, side, n, members(model, op, side)[n]) if n else None
        expect(label, "token in", row["token_in"], by_member("input", pages["input_token"]))
        expect(label, "token out", row["token_out"], by_member("output", pages["output_token"]))
        expect(label, "page size member", row["limit"], by_member("input", pages.get("limit_key")))
        expect(label, "list", row["list"], by_member("output", pages["result_key"]))
    for column, side in (("token_in", inputs), ("token_out", outputs), ("limit", inputs), ("list", outputs)):
        if row[column] and row[column] not in side:
            problems.append(f"{label}: {column} {row[column]} is not a member")
    tokens = {"NextToken", "nextToken", "Marker", "PaginationToken"} & set(inputs) & set(outputs)
    if tokens and not row["token_in"]:
        problems.append(f"{label}: has {tokens}, and the row is not paged")
    if row["limit"]:
        shape = model["shapes"][inputs[row["limit"]]["shape"]]
        ceiling = CEILINGS.get((service, row["name"])) or shape.get("max") or CEILINGS.get((service, None), 1000)
        expect(label, "largest page", row["limit_max"], ceiling)


def lists_of(model, shape_name, service, side, found, seen=()):
    shape = model["shapes"][shape_name]
    if shape_name in seen:
        return
    if shape["type"] == "structure":
        for name, member in shape["members"].items():
            target = model["shapes"][member["shape"]]
            element = wire("ec2", side, name, member) if service == "ec2" else member.get("locationName", name)
            if target["type"] == "list" and not target.get("flattened"):
                found.add((element, target["member"].get("locationName", "member")))
            lists_of(model, member["shape"], service, side, found, seen + (shape_name,))
    elif shape["type"] == "list":
        lists_of(model, shape["member"]["shape"], service, side, found, seen + (shape_name,))


def check_lists(info, model, rows):
    """Every list of an XML answer, or of a query form, is known under its item's name."""
    known = {tuple(pair.split("/")) for pair in info["lists"].split()} - {("*", "item")}
    found = set()
    for row in rows:
        op = model["operations"][row["name"]]
        for side in ("input", "output"):
            if side in op and not (info["name"] == "ec2" and side == "input"):
                lists_of(model, op[side]["shape"], info["name"], side, found)
    for pair in sorted(found - known):
        # A model newer than the table may add lists that we do not read: those default to "member".
        if info["protocol"] != "ec2":
            problems.append(f"{info['name']}: list {'/'.join(pair)} is not in the table")
    names = {n for n, _ in found}
    for name, item in sorted(known - found):
        problems.append(f"{info['name']}: list {name}/{item} is in no operation" + (" as such" if name in names else ""))


def main():
    table = json.loads(subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout)
    compared = 0
    for info in table["services"]:
        model = models_of(info["name"])
        check_service(info, model)
        rows = [r for r in table["ops"] if r["service"] == info["name"]]
        good = []
        for row in rows:
            label = f"{info['name']}:{row['name']}"
            op = model["operations"].get(row["name"])
            if op is None:
                problems.append(f"{label}: no such operation")
                continue
            op.setdefault("name", row["name"])
            check_binding(label, row, model, op)
            check_paging(label, row, model, op)
            good.append(row)
            compared += 1
        if info["protocol"] in ("query", "ec2", "rest-xml"):
            check_lists(info, model, good)
    print(*problems, sep="\n")
    print(f"{compared} operations compared, {len(problems)} problems")
    return 1 if problems or compared != len(table["ops"]) else 0


if __name__ == "__main__":
    sys.exit(main())
