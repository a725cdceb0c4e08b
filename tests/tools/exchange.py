"""Judges one recorded exchange against the official model of its service: check(exchange) returns
the Problems of the request and of the response."""
import functools
import json
import re

import models
import wire
from wire import Problem

# rest-xml roots are not named after shapes, and botocore's models do not name them.
S3_ROOTS = {"ListBuckets": "ListAllMyBucketsResult", "GetBucketLocation": "LocationConstraint",
            "GetBucketTagging": "Tagging", "GetBucketVersioning": "VersioningConfiguration"}
S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
S3_ERROR_ELEMENTS = {"Code", "Message", "Resource", "RequestId", "HostId", "BucketName", "Key",
                     "Region", "Endpoint", "ArgumentName", "ArgumentValue", "AWSAccessKeyId",
                     "StringToSign", "SignatureProvided", "CanonicalRequest", "RequestTime",
                     "ServerTime", "MaxAllowedSkewMilliseconds", "StringToSignBytes",
                     "CanonicalRequestBytes", "Token-0"}


# Words that the documentation of a member allows although the pattern of its shape does not: the shape is shared with
# members that want an account's digits.
DOCUMENTED = {("ListBackupJobSummariesInput", "AccountId"): {"ANY", "AGGREGATE_ALL"},
              ("ListCopyJobSummariesInput", "AccountId"): {"ANY", "AGGREGATE_ALL"}}


def documented(shape_name, error):
    path = "/".join(str(step) for step in error.absolute_path)
    return error.validator == "pattern" and error.instance in DOCUMENTED.get((shape_name, path), ())


def describe(error):
    """A jsonschema error in words that are equal for equal mistakes."""
    where = "/".join("[]" if isinstance(step, int) else str(step) for step in error.absolute_path)
    value = error.instance
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        names = ", ".join(repr(name) for name in sorted(value) if name not in known)
        return where, f"unknown member {names}"
    if error.validator == "required":
        names = ", ".join(repr(n) for n in sorted(error.validator_value) if n not in value)
        return where, f"missing member {names}"
    if error.validator == "enum":
        return where, f"{value!r} is not in the enum"
    if error.validator == "type":
        return where, f"{type(value).__name__} where {error.validator_value} belongs"
    if error.validator == "pattern":
        return where, f"{str(value)[:60]!r} does not match the pattern"
    return where, f"violates {error.validator} {str(error.validator_value)[:60]}"


@functools.lru_cache(maxsize=100000)
def _judge(service, shape_name, side, part, text):
    """Violations of one tree; a scan asks the same again and again, and each is judged once."""
    found, tree = [], json.loads(text)
    for error in models.load(service).validator(shape_name, side, part).iter_errors(tree):
        # jsonschema reports a missing member once per member; one line names them all.
        if describe(error) not in found and not documented(shape_name, error):
            found.append(describe(error))
    return found


def judge(model, shape_name, side, part, tree, where):
    """Problems of a decoded tree under a derived schema."""
    return [Problem(f"{where}/{path}" if path else where, what) for path, what
            in _judge(model.name, shape_name, side, part, json.dumps(tree))]


def content_type(headers):
    return headers.get("content-type", "").split(";")[0].strip().lower()


def json_body(text):
    return wire.strict_json(text) if text else {}


def check_body(model, shape_name, side, tree):
    return judge(model, shape_name, side, "body", tree, "body")


def expect(condition, where, what):
    if not condition:
        raise Problem(where, what)


# Requests ---------------------------------------------------------------------------------------

def json_request(model, operation, request):
    headers, meta = request["headers"], model.metadata
    expect(request["method"] == "POST" and request["target"] == "/", "target", "is not POST /")
    expect(headers.get("x-amz-target") == f"{meta['targetPrefix']}.{operation}",
           "header x-amz-target", f"is {headers.get('x-amz-target')!r}")
    expect(content_type(headers) == f"application/x-amz-json-{meta['jsonVersion']}",
           "header content-type", f"is {headers.get('content-type')!r}")
    expect(request["body"], "body", "is empty")
    return check_body(model, model.shape_name(operation, "input"), "input",
                      wire.strict_json(request["body"]))


def form_request(model, operation, request):
    expect(request["method"] == "POST" and request["target"] == "/", "target", "is not POST /")
    expect(content_type(request["headers"]) == "application/x-www-form-urlencoded",
           "header content-type", f"is {request['headers'].get('content-type')!r}")
    shape_name = model.shape_name(operation, "input")
    action, version, tree = wire.FormDecoder(model).decode(shape_name, request["body"])
    expect(action == operation, "body/Action", f"is {action!r}")
    expect(version == model.metadata["apiVersion"], "body/Version", f"is {version!r}")
    return check_body(model, shape_name, "input", tree)


def rest_request(model, operation, request):
    http = model.operations[operation]["http"]
    expect(request["method"] == http["method"], "method", f"is {request['method']!r}")
    uri = http["requestUri"]
    if model.protocol == "rest-xml" and "{Bucket}" not in uri and \
            "Bucket" in model.members(model.shape_name(operation, "input")):
        uri = "/{Bucket}" + (uri if uri.startswith("?") else uri.lstrip("/"))
    matched = wire.match_uri(uri, request["target"])
    expect(matched, "target", f"is not of the form {uri}")
    labels, pairs = matched
    shape_name = model.shape_name(operation, "input")
    # The SDKs name the operation once more in S3's query string.
    pairs = [pair for pair in pairs if pair != ("x-id", operation)]
    tree = wire.located(model, shape_name, request["headers"], labels, pairs)
    problems = judge(model, shape_name, "input", "located", tree, "outside the body")
    payload, text = model.payload(shape_name), request["body"]
    if not model.body_members(shape_name):
        expect(text in ("", "{}"), "body", "is not empty")
    elif model.protocol == "rest-xml":
        ref = model.members(shape_name)[payload]
        root = wire.parse_xml(text)
        namespace, name = wire.split_name(root.tag)
        expect(name == ref.get("locationName", payload), "body", f"root element {name!r}")
        tree = wire.XmlDecoder(model, namespace).value(ref, root, "body")
        problems += judge(model, shape_name, "input", "body", tree, "body")
    else:
        if text:
            expect(content_type(request["headers"]) == "application/json",
                   "header content-type", f"is {request['headers'].get('content-type')!r}")
        problems += check_body(model, shape_name, "input", json_body(text))
    return problems


REQUESTS = {"json": json_request, "query": form_request, "ec2": form_request,
            "rest-json": rest_request, "rest-xml": rest_request}


# Answers ----------------------------------------------------------------------------------------

def expect_answer_type(model, response):
    got = content_type(response["headers"])
    if model.protocol == "json":
        wanted = f"application/x-amz-json-{model.metadata['jsonVersion']}"
        expect(got == wanted, "header content-type", f"is {got!r} instead of {wanted!r}")
    elif model.is_json:
        expect(got == "application/json", "header content-type", f"is {got!r}")
    else:
        expect(got in ("text/xml", "application/xml"), "header content-type", f"is {got!r}")


def json_answer(model, operation, response):
    if response["body"]:
        expect_answer_type(model, response)
    return check_body(model, model.shape_name(operation, "output"), "output",
                      json_body(response["body"]))


def decode_xml_answer(model, operation, text):
    """The tree of a query, ec2 or rest-xml answer."""
    shape_name = model.shape_name(operation, "output")
    shape = model.shapes[shape_name] if shape_name else {}
    members = model.body_members(shape_name)
    root = wire.parse_xml(text)
    namespace, name = wire.split_name(root.tag)
    wanted = model.namespace or S3_NAMESPACE
    # EC2 itself writes a slash that its model does not.
    slash = "/" if model.protocol == "ec2" else ""
    expect(namespace in (wanted, wanted + slash), "body",
           f"namespace {namespace!r} instead of {wanted!r}")
    decoder = wire.XmlDecoder(model, namespace)
    if model.protocol == "rest-xml":
        expected = S3_ROOTS.get(operation, shape_name)
        expect(name == expected, "body", f"root element {name!r} instead of {expected!r}")
        if operation == "GetBucketLocation":
            expect(not len(root), "body", "elements where a simple value belongs")
            return {"LocationConstraint": root.text} if root.text else {}
        payload = model.payload(shape_name)
        if payload:
            return decoder.value(members[payload], root, "body")
        return decoder.structure(shape, members, root, "body")
    expect(name == f"{operation}Response", "body", f"root element {name!r}")
    if model.protocol == "ec2":
        ids = [child for child in root if wire.split_name(child.tag)[1] == "requestId"]
        expect(len(ids) == 1 and ids[0].text, "body", "missing element 'requestId'")
        return decoder.structure(shape, members, root, "body", extra=("requestId",))
    wrapper = model.operations[operation].get("output", {}).get("resultWrapper")
    allowed = [part for part in (wrapper, "ResponseMetadata") if part]
    parts = decoder.children(root, "body", allowed)
    for part in allowed:
        expect(part in parts, "body", f"missing element {part!r}")
    ids = decoder.children(parts["ResponseMetadata"], "body/ResponseMetadata", ["RequestId"])
    expect("RequestId" in ids, "body/ResponseMetadata", "missing element 'RequestId'")
    return decoder.structure(shape, members, parts[wrapper], "body") if wrapper else {}


def xml_answer(model, operation, response):
    shape_name = model.shape_name(operation, "output")
    if model.protocol == "rest-xml" and not model.body_members(shape_name):
        expect(not response["body"], "body", "is not empty")
        return []
    expect_answer_type(model, response)
    tree = decode_xml_answer(model, operation, response["body"])
    return check_body(model, shape_name, "output", tree)


def answer(model, operation, response):
    wanted = model.operations[operation]["http"].get("responseCode", 200)
    if model.operations[operation]["http"]["method"] in ("PUT", "DELETE") and \
            model.protocol == "rest-xml":
        wanted = {wanted, 200, 204}
    else:
        wanted = {wanted}
    expect(response["status"] in wanted, "status", f"is {response['status']}")
    shape_name = model.shape_name(operation, "output")
    located = wire.located(model, shape_name, response["headers"], status=response["status"])
    problems = judge(model, shape_name, "output", "located", located, "outside the body")
    body = json_answer if model.is_json else xml_answer
    return problems + body(model, operation, response)


# Errors -----------------------------------------------------------------------------------------

def json_error(model, response):
    """(code, body) of a JSON error; the code may carry a namespace or a documentation link."""
    expect_answer_type(model, response)
    body = wire.strict_json(response["body"])
    expect(isinstance(body, dict), "body", "an error is not an object")
    if model.protocol == "json":
        code = body.get("__type")
        expect(isinstance(code, str), "body", "missing member '__type'")
    else:
        code = response["headers"].get("x-amzn-errortype")
        expect(code, "header x-amzn-errortype", "is missing")
    code = code.split(":")[0].split("#")[-1]
    body.pop("__type", None)
    return code, body


def xml_error(model, response):
    """The code of an XML error, having looked at every element."""
    expect_answer_type(model, response)
    root = wire.parse_xml(response["body"])
    namespace, name = wire.split_name(root.tag)
    decoder = wire.XmlDecoder(model, namespace)

    def parts(element, where, wanted, optional=()):
        found = decoder.children(element, where, set(wanted) | set(optional))
        for one in wanted:
            expect(one in found, where, f"missing element {one!r}")
        return found

    if model.protocol == "rest-xml":
        expect(name == "Error" and not namespace, "body", f"root element {root.tag!r}")
        inner = parts(root, "body", ("Code", "Message", "RequestId"), S3_ERROR_ELEMENTS)
    elif model.protocol == "ec2":
        expect(name == "Response", "body", f"root element {name!r} instead of 'Response'")
        outer = parts(root, "body", ("Errors", "RequestID"))
        error = parts(outer["Errors"], "body/Errors", ("Error",))["Error"]
        inner = parts(error, "body/Errors/Error", ("Code", "Message"))
    else:
        expect(name == "ErrorResponse", "body", f"root element {name!r} instead of 'ErrorResponse'")
        expect(namespace == model.namespace, "body",
               f"namespace {namespace!r} instead of {model.namespace!r}")
        outer = parts(root, "body", ("Error", "RequestId"))
        inner = parts(outer["Error"], "body/Error", ("Type", "Code", "Message"), ("Detail",))
        kind = "Sender" if response["status"] < 500 else "Receiver"
        expect(inner["Type"].text == kind, "body/Error/Type", f"is {inner['Type'].text!r}")
    expect(inner["Code"].text, "body", "the error code is empty")
    return inner["Code"].text


def error_answer(model, operation, method, response):
    status, problems = response["status"], []
    expect(400 <= status <= 599, "status", f"is {status}")
    if method == "HEAD":
        expect(not response["body"], "body", "is not empty in an answer to HEAD")
        return []
    code, body = json_error(model, response) if model.is_json else (xml_error(model, response), None)
    expect(re.fullmatch(r"[A-Za-z][A-Za-z0-9.]*", code), "error code", f"is {code[:60]!r}")
    expect(model.error_known(code), "error code", f"{code!r} is neither declared nor common")
    shape_name = model.error_shapes(operation).get(code) or model.error_shapes().get(code)
    if body is not None:
        known = set(model.members(shape_name)) if shape_name else set()
        # AWS spells it both ways, whatever the model says.
        spellings = [name for name in ("message", "Message") if name in body]
        if len(spellings) == 1 and spellings[0] not in known:
            text = body.pop(spellings[0])
            other = {"message": "Message", "Message": "message"}[spellings[0]]
            if other in known:
                body[other] = text
        if shape_name:
            problems += judge(model, shape_name, "output", "body", body, "error body")
        else:
            expect(not body, "error body", f"unknown member {sorted(body)[0] if body else ''!r}")
    declared = model.shapes[shape_name].get("error", {}).get("httpStatusCode") if shape_name else None
    if declared and declared != status:
        problems.append(Problem("status", f"is {status} instead of {declared} for {code}"))
    return problems


def request_id(model, response):
    names = ("x-amz-request-id",) if model.protocol == "rest-xml" else ("x-amzn-requestid",)
    expect(any(response["headers"].get(name) for name in names), "header", f"no {names[0]}")
    return []


# Both -------------------------------------------------------------------------------------------

def collect(check, *arguments):
    """The Problems a check returns or raises."""
    try:
        return check(*arguments)
    except Problem as problem:
        return [problem]
    except (UnicodeDecodeError, RecursionError) as error:
        return [Problem("body", str(error))]


def check(exchange):
    """(problems of the request, problems of the response) of one recorded exchange.
    An exchange marked "fault" was answered wrongly on purpose: only its request is judged."""
    request, response = exchange["request"], exchange["response"]
    operation = exchange.get("operation")
    try:
        model = models.load(exchange.get("service") or "")
    except KeyError:
        return [Problem("service", f"{exchange.get('service')!r} is unknown")], []
    if operation in model.operations:
        asked = collect(REQUESTS[model.protocol], model, operation, request)
    else:
        asked = [Problem("operation", f"{operation!r} is not of this service")]
    if exchange.get("fault"):
        return asked, []
    answered = collect(request_id, model, response)
    if 200 <= response["status"] < 300:
        if operation in model.operations:
            answered += collect(answer, model, operation, response)
    elif operation in model.operations or not operation:
        known = operation if operation in model.operations else next(iter(model.operations))
        answered += collect(error_answer, model, known, request["method"], response)
    return asked, answered
