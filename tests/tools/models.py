"""Official service models, and the strict JSON Schemas (2020-12) that follow from them.

Models come from the botocore that the AWS CLI carries, or from the folder TOWERKEEP_MODELS names,
which holds one trimmed <service>.json each. A schema describes what is on the wire: JSON bodies under
their wire names; what XML, forms, headers and paths carry after wire.py has decoded it by the model.
Nothing that the model does not name passes.
"""
import functools
import json
import os
import pathlib
import re
import unicodedata

import awsbundle

# Our names (and the trimmed folder's) for services that botocore files under another one.
FOLDERS = {
    "tagging": "resourcegroupstaggingapi",
    "resource-groups-tagging-api": "resourcegroupstaggingapi",
    "elasticfilesystem": "efs",
}
TRIMMED = {"tagging": "resource-groups-tagging-api",
           "resourcegroupstaggingapi": "resource-groups-tagging-api", "elasticfilesystem": "efs"}

# Errors that any service may answer without declaring them.
COMMON_ERRORS = re.compile(
    r"AccessDenied(Exception)?|Throttling(Exception)?|ThrottledException|TooManyRequestsException"
    r"|RequestThrottled(Exception)?|RequestLimitExceeded|ProvisionedThroughputExceededException"
    r"|ExpiredToken(Exception)?|RequestExpired|InvalidSignature(Exception)?|SignatureDoesNotMatch"
    r"|UnrecognizedClient(Exception)?|InvalidClientTokenId|IncompleteSignature(Exception)?"
    r"|MissingAuthenticationToken(Exception)?|OptInRequired|NotAuthorized"
    r"|Validation(Error|Exception)?|SerializationException|UnknownOperationException"
    r"|InvalidAction|MalformedQueryString|MissingAction|MissingParameter|InvalidParameterValue"
    r"|InvalidParameterCombination|InternalFailure|InternalError|InternalServerError"
    r"|InternalServerException|ServiceUnavailable(Exception)?")

# These services document error codes in prose and leave them out of their models.
UNDECLARED_ERRORS = {
    "ec2": re.compile(r"AuthFailure|UnauthorizedOperation|DryRunOperation|InvalidParameter"
                      r"|UnknownParameter|Unavailable|Blocked|PendingVerification"
                      r"|InvalidNextToken|InvalidPaginationToken|TagLimitExceeded|InvalidID"
                      r"|Invalid[A-Za-z]+\.(NotFound|Malformed|Duplicate)"),
    "s3": re.compile(r"NoSuchTagSet(Error)?|NoSuchBucket|InvalidAccessKeyId|RequestTimeTooSkewed"
                     r"|AuthorizationHeaderMalformed|SlowDown|MalformedXML|InvalidArgument"
                     r"|PermanentRedirect|TemporaryRedirect|InvalidTag|InvalidBucketName"
                     r"|InvalidRequest|InvalidToken|BadDigest|MethodNotAllowed|MissingContentLength"
                     r"|XAmzContentSHA256Mismatch|IllegalLocationConstraintException"),
}

INTEGER_RANGES = {"integer": (-2**31, 2**31 - 1), "long": (-2**63, 2**63 - 1)}
TIMESTAMPS = {
    "iso8601": {"type": "string", "pattern":
                r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$"},
    "rfc822": {"type": "string", "pattern":
               r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
               r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT$"},
    # Seconds between 1970 and 9999: milliseconds sent by mistake are out of range.
    "unixTimestamp": {"type": "number", "minimum": 0, "maximum": 253402300799},
}
POSIX_CLASSES = {"Print": " -~", "Graph": "!-~", "Alnum": "A-Za-z0-9", "Alpha": "A-Za-z",
                 "Digit": "0-9", "Upper": "A-Z", "Lower": "a-z", "ASCII": r"\x00-\x7f"}
BASE64 = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"


@functools.lru_cache(maxsize=None)
def _unicode_ranges(category):
    """The inside of a character class that matches one Unicode category, e.g. L or Nd."""
    ranges, start, last = [], None, None
    for code in range(0x110000):
        if unicodedata.category(chr(code)).startswith(category):
            if last != code - 1:
                if start is not None:
                    ranges.append((start, last))
                start = code
            last = code
    ranges.append((start, last))
    return "".join(re.escape(chr(a)) + ("-" + re.escape(chr(b)) if b > a else "") for a, b in ranges)


@functools.lru_cache(maxsize=None)
def regex(pattern):
    """An AWS pattern (Java's dialect, whole string, ASCII classes) as one that re.search takes."""
    # Java writes characters beyond U+FFFF as surrogate pairs.
    pattern = re.sub(r"\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})", lambda pair: chr(
        0x10000 + (int(pair[1], 16) - 0xD800) * 0x400 + int(pair[2], 16) - 0xDC00), pattern)
    out, depth, at = [], 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            prop = re.match(r"\\p\{(?:Is)?([A-Za-z]+)\}", pattern[at:])
            if prop:
                inside = POSIX_CLASSES.get(prop[1]) or _unicode_ranges(prop[1])
                at += prop.end()
            else:
                inside = {"w": "A-Za-z0-9_", "d": "0-9"}.get(pattern[at + 1])
                if inside is None:
                    out.append(pattern[at:at + 2])
                at += 2
            if inside is not None:
                out.append(inside if depth else f"[{inside}]")
            continue
        if char == "[" and depth:
            char = r"\["
        elif char == "[":
            depth = 1
        elif char == "]":
            depth = 0
        out.append(char)
        at += 1
    text = "".join(out)
    re.compile(text)
    return f"^(?:{text})$"


class Model:
    """One service: its document, and schemas derived on demand."""

    def __init__(self, name, document):
        self.name = name
        self.metadata = document["metadata"]
        self.shapes = document["shapes"]
        self.operations = document["operations"]
        self._validators = {}
        namespace = self.metadata.get("xmlNamespace")
        self.namespace = namespace.get("uri") if isinstance(namespace, dict) else namespace

    @property
    def protocol(self):
        return self.metadata["protocol"]

    @property
    def is_json(self):
        return self.protocol in ("json", "rest-json")

    def shape_name(self, operation, side):
        """The input or output shape's name, or None."""
        return self.operations[operation].get(side, {}).get("shape")

    def members(self, shape_name):
        return self.shapes[shape_name].get("members", {}) if shape_name else {}

    def body_members(self, shape_name):
        """The members that travel in the body."""
        return {name: ref for name, ref in self.members(shape_name).items() if "location" not in ref}

    def located_members(self, shape_name):
        """The members that travel in path, query string, headers or status."""
        return {name: ref for name, ref in self.members(shape_name).items() if "location" in ref}

    def payload(self, shape_name):
        """The one member that is the whole body, or None."""
        return self.shapes[shape_name].get("payload") if shape_name else None

    def error_shapes(self, operation=None):
        """Wire code -> shape name, of an operation or of the whole service."""
        if operation is None:
            names = [n for n, s in self.shapes.items() if s.get("exception") or "error" in s]
        else:
            names = [e["shape"] for e in self.operations[operation].get("errors", ())]
        return {self.shapes[n].get("error", {}).get("code", n): n for n in names}

    def error_known(self, code):
        """Whether this service may answer this error code."""
        extra = UNDECLARED_ERRORS.get(FOLDERS.get(self.name, self.name))
        return bool(code in self.error_shapes() or COMMON_ERRORS.fullmatch(code)
                    or (extra and extra.fullmatch(code)))

    # Schemas ------------------------------------------------------------------------------------

    def wire_name(self, member, ref):
        """XML and forms are decoded to member names; JSON keeps what is on the wire."""
        return ref.get("locationName", member) if self.is_json else member

    def timestamp(self, shape, ref):
        located = ref.get("location")
        default = ("rfc822" if located in ("header", "headers") else "iso8601" if located
                   else "unixTimestamp" if self.is_json else "iso8601")
        return TIMESTAMPS[ref.get("timestampFormat") or shape.get("timestampFormat") or default]

    def _scalar(self, shape, ref, side):
        kind = shape["type"]
        if kind in INTEGER_RANGES:
            low, high = INTEGER_RANGES[kind]
            return {"type": "integer", "minimum": max(low, shape.get("min", low)),
                    "maximum": min(high, shape.get("max", high))}
        if kind in ("double", "float"):
            limits = {"minimum": shape.get("min"), "maximum": shape.get("max")}
            return {"type": "number", **{k: v for k, v in limits.items() if v is not None}}
        if kind == "boolean":
            return {"type": "boolean"}
        if kind == "timestamp":
            return dict(self.timestamp(shape, ref))
        if kind == "blob":
            return {"type": "string", "pattern": BASE64}
        schema = {"type": "string"}
        if "enum" in shape:
            schema["enum"] = list(shape["enum"])
        else:
            if "min" in shape:
                schema["minLength"] = shape["min"]
            if "max" in shape:
                schema["maxLength"] = shape["max"]
            if "pattern" in shape and side == "input":
                schema["pattern"] = regex(shape["pattern"])
        return schema

    def _structure(self, shape, members, side, defs):
        required = set(shape.get("required", ()))
        schema = {
            "type": "object", "additionalProperties": False,
            "properties": {self.wire_name(m, r): self._ref(r, side, defs)
                           for m, r in members.items()},
            "required": sorted(self.wire_name(m, r) for m, r in members.items() if m in required),
        }
        if shape.get("union"):
            schema.update(minProperties=1, maxProperties=1)
        return schema

    def _ref(self, ref, side, defs):
        """A schema for a reference to a shape; structures, lists and maps become $defs."""
        name = ref["shape"]
        shape = self.shapes[name]
        if shape.get("document"):
            return {}
        if shape["type"] not in ("structure", "list", "map"):
            return self._scalar(shape, ref, side)
        if name not in defs:
            defs[name] = {}  # shapes may contain themselves
            if shape["type"] == "structure":
                defs[name] = self._structure(shape, shape.get("members", {}), side, defs)
            elif shape["type"] == "list":
                defs[name] = {"type": "array", "items": self._ref(shape["member"], side, defs)}
                limits = ("minItems", "maxItems")
            else:
                defs[name] = {"type": "object",
                              "propertyNames": self._ref(shape["key"], side, defs),
                              "additionalProperties": self._ref(shape["value"], side, defs)}
                limits = ("minProperties", "maxProperties")
            if shape["type"] != "structure":
                for trait, keyword in zip(("min", "max"), limits):
                    if trait in shape:
                        defs[name][keyword] = shape[trait]
        return {"$ref": f"#/$defs/{name}"}

    def schema(self, shape_name, side, part="body"):
        """The schema of a top-level shape's body, or of what it sends elsewhere (part "located").
        The body of a shape with a payload is the payload; a shape of None has an empty body."""
        defs = {}
        payload = self.payload(shape_name)
        if part == "body" and payload:
            top = self._ref(self.members(shape_name)[payload], side, defs)
        else:
            pick = self.body_members if part == "body" else self.located_members
            shape = self.shapes[shape_name] if shape_name else {}
            # Decoded parts are keyed by member, whatever their name in a header or path.
            members = pick(shape_name)
            if part == "located":
                members = {m: {**r, "locationName": m} for m, r in members.items()}
            top = self._structure(shape, members, side, defs)
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **top, "$defs": defs}

    def operation_schema(self, operation, side, part="body"):
        """The schema of one side ("input" or "output") of an operation."""
        return self.schema(self.shape_name(operation, side), side, part)

    def validator(self, shape_name, side, part="body"):
        """A compiled validator of schema(); kept, because making one is dear."""
        import jsonschema
        key = (shape_name, side, part)
        if key not in self._validators:
            schema = self.schema(shape_name, side, part)
            jsonschema.Draft202012Validator.check_schema(schema)
            self._validators[key] = jsonschema.Draft202012Validator(schema)
        return self._validators[key]


def _path(service):
    trimmed = os.environ.get("TOWERKEEP_MODELS")
    if trimmed:
        return pathlib.Path(trimmed) / f"{TRIMMED.get(service, service)}.json"
    versions = sorted((awsbundle.data_dir() / FOLDERS.get(service, service)).glob("*/service-2.json"))
    return versions[-1] if versions else pathlib.Path(service)


@functools.lru_cache(maxsize=None)
def load(service):
    """The model of a service; KeyError when there is none of that name."""
    path = _path(service)
    if not re.fullmatch(r"[a-z0-9.-]+", service) or not path.is_file():
        raise KeyError(service)
    return Model(service, json.loads(path.read_text(encoding="utf-8")))
