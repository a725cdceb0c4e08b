"""Every rule and every fixture fits its JSON Schema; every malformed rule that is YAML and wrong in shape does not."""

import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is missing")
    sys.exit(77)

# What a schema cannot say: where paths, patterns and templates lead, and ranges between members.
BEYOND_A_SCHEMA = {
    "bad_pattern",
    "duplicate_member",
    "field_below_misspelt",
    "field_misspelt",
    "field_of_configuration",
    "field_of_configuration_below",
    "field_of_document_within_element",
    "field_of_element_misspelt",
    "field_of_landing_zone",
    "field_of_organization",
    "alias",
    "id_of_another_file",
    "parameter_of_wrong_type_in_operator",
    "parameter_range",
    "path_root",
    "path_shape",
    "template_brace",
    "template_member",
    "template_member_of_list",
    "template_path",
    "unknown_parameter",
}


def convert(tool, paths):
    lines = subprocess.run([tool, *map(str, paths)], check=True, capture_output=True, text=True).stdout
    return list(zip(paths, map(json.loads, lines.splitlines())))


def complaints_of(validator, document):
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


def validator_for(root, name):
    schema = json.loads((root / "docs" / "schemas" / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def main():
    tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
    rule = validator_for(root, "rule.schema.json")
    fixtures = validator_for(root, "rule-tests.schema.json")
    wrong = 0
    looked_at = 0
    for validator, folder in ((rule, root / "rules"), (fixtures, root / "rules" / "tests")):
        paths = sorted(folder.glob("*.yaml"))
        for path, document in convert(tool, paths) if paths else []:
            looked_at += 1
            for complaint in complaints_of(validator, document):
                print(f"{path.relative_to(root)}: {complaint}")
                wrong += 1
    for schema, folder, wanted in (("framework", root / "rules" / "frameworks", 10), ("waivers", root / "tests" / "check" / "waivers", 3)):
        paths = sorted(folder.glob("*.yaml"))
        validator = validator_for(root, f"{schema}.schema.json")
        for path, document in convert(tool, paths) if paths else []:
            fits = not (complaints := complaints_of(validator, document))
            if fits == path.name.startswith("bad"):
                print(f"{path.relative_to(root)}: {complaints or 'the schema accepts what the program refuses'}")
                wrong += 1
            looked_at += 1
        if len(paths) < wanted:
            print(f"{folder.relative_to(root)}: only {len(paths)} files found")
            wrong += 1
    for path in sorted(root.glob("tests/check/malformed/*/rule.yaml")):
        if path.parent.name in BEYOND_A_SCHEMA:
            continue
        looked_at += 1
        ((_, document),) = convert(tool, [path])
        if not complaints_of(rule, document):
            print(f"{path.relative_to(root)}: the schema accepts what the program refuses")
            wrong += 1
    if looked_at < 100:
        print(f"only {looked_at} files found")
        wrong += 1
    print(f"{looked_at} files, {wrong} complaints")
    return 1 if wrong else 0


sys.exit(main())
