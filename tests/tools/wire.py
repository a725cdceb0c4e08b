"""Strict decoders from the wire to plain trees, guided by a model: XML answers, form-encoded bodies,
paths, query strings and headers. Whatever the model does not name, or spells otherwise, is a Problem.

Trees use member names, numbers and booleans are converted; timestamps and blobs stay text for the
schemas of models.py to judge.
"""
import json
import re
import urllib.parse
from xml.etree import ElementTree


class Problem(Exception):
    """A violation: where in the message, and what is wrong."""

    def __init__(self, where, what):
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


def scalar(model, shape, text, where):
    """The value of a simple shape written as text."""
    kind = shape["type"]
    if kind in ("integer", "long"):
        if not re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
            raise Problem(where, f"not an integer: {text[:40]!r}")
        return int(text)
    if kind in ("double", "float"):
        try:
            return float(text)
        except ValueError:
            raise Problem(where, f"not a number: {text[:40]!r}") from None
    if kind == "boolean":
        if text not in ("true", "false"):
            raise Problem(where, f"not a boolean: {text[:40]!r}")
        return text == "true"
    if kind == "timestamp" and re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    return text


def strict_json(text):
    """JSON without duplicate members and without NaN."""
    def pairs(items):
        tree = {}
        for key, value in items:
            if key in tree:
                raise Problem("body", f"member {key!r} appears twice")
            tree[key] = value
        return tree

    def constant(name):
        raise Problem("body", f"{name} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise Problem("body", f"not JSON: {error}") from None


# XML --------------------------------------------------------------------------------------------

def parse_xml(text):
    """The root element; a document type is refused, as no AWS service sends one."""
    if "<!DOCTYPE" in text:
        raise Problem("body", "has a document type")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Problem("body", f"not XML: {error}") from None


def split_name(tag):
    """(namespace or "", local name) of an element."""
    return tuple(tag[1:].split("}", 1)) if tag.startswith("{") else ("", tag)


class XmlDecoder:
    """Decodes elements of one namespace by the shapes of one model."""

    def __init__(self, model, namespace):
        self.model, self.namespace = model, namespace

    def local(self, element, where):
        namespace, name = split_name(element.tag)
        if namespace != self.namespace:
            raise Problem(f"{where}/{name}", f"namespace {namespace!r} instead of "
                                             f"{self.namespace!r}")
        return name

    @staticmethod
    def no_text(element, where):
        texts = [element.text] + [child.tail for child in element]
        if any(text and text.strip() for text in texts):
            raise Problem(where, "text between elements")

    def children(self, element, where, allowed):
        """Local name -> child; each name at most once and one of those allowed."""
        self.no_text(element, where)
        found = {}
        for child in element:
            name = self.local(child, where)
            if name not in allowed:
                raise Problem(where, f"unknown element {name!r}")
            if name in found:
                raise Problem(where, f"element {name!r} appears twice")
            found[name] = child
        return found

    def value(self, ref, element, where):
        """The tree of one element that stands for a shape."""
        shape = self.model.shapes[ref["shape"]]
        kind = shape["type"]
        if kind == "structure":
            return self.structure(shape, shape.get("members", {}), element, where)
        if kind == "list":
            self.no_text(element, where)
            item_name = shape["member"].get("locationName", "member")
            items = []
            for child in element:
                name = self.local(child, where)
                if name != item_name:
                    raise Problem(where, f"list element {name!r} instead of {item_name!r}")
                items.append(self.value(shape["member"], child, f"{where}/[]"))
            return items
        if kind == "map":
            self.no_text(element, where)
            entries = {}
            for child in element:
                if self.local(child, where) != "entry":
                    raise Problem(where, "map element is not 'entry'")
                self.entry(shape, child, where, entries)
            return entries
        if len(element):
            raise Problem(where, "elements where a simple value belongs")
        return scalar(self.model, shape, element.text or "", where)

    def entry(self, shape, element, where, entries):
        names = [shape[part].get("locationName", part) for part in ("key", "value")]
        found = self.children(element, where, names)
        if len(found) != 2:
            raise Problem(where, f"map entry without {' and '.join(names)}")
        key = self.value(shape["key"], found[names[0]], where)
        if key in entries:
            raise Problem(where, "map key appears twice")
        entries[key] = self.value(shape["value"], found[names[1]], f"{where}/{{}}")

    def structure(self, shape, members, element, where, extra=()):
        """members are those of the shape that this element carries; extra names are skipped."""
        self.no_text(element, where)
        by_name, tree = {}, {}
        for member, ref in members.items():
            target = self.model.shapes[ref["shape"]]
            name = ref.get("locationName", member)
            if target.get("flattened") or ref.get("flattened"):
                name = target.get("member", {}).get("locationName", name)
            if ref.get("xmlAttribute"):
                attribute = name.split(":")[-1]
                for key, text in element.attrib.items():
                    if split_name(key)[1] == attribute:
                        tree[member] = text
                continue
            by_name[name] = (member, ref, target)
        for child in element:
            name = self.local(child, where)
            if name in extra:
                continue
            if name not in by_name:
                raise Problem(where, f"unknown element {name!r}")
            member, ref, target = by_name[name]
            path = f"{where}/{member}"
            flat = target.get("flattened") or ref.get("flattened")
            if flat and target["type"] == "list":
                tree.setdefault(member, []).append(self.value(target["member"], child, f"{path}/[]"))
            elif flat:
                self.entry(target, child, path, tree.setdefault(member, {}))
            elif member in tree:
                raise Problem(where, f"element {name!r} appears twice")
            else:
                tree[member] = self.value(ref, child, path)
        return tree


# Forms ------------------------------------------------------------------------------------------

def parse_pairs(text, where):
    """Decoded (name, value) pairs of a query string or form; a name without "=" has value ""."""
    pairs = []
    for part in text.split("&") if text else ():
        name, _, value = part.partition("=")
        if re.search(r"%(?![0-9A-Fa-f]{2})", part):
            raise Problem(where, f"broken percent encoding in {part[:40]!r}")
        pairs.append((urllib.parse.unquote_plus(name, errors="strict"),
                      urllib.parse.unquote_plus(value, errors="strict")))
    return pairs


def _nest(pairs):
    """Dotted names as nested dicts; the value of a name itself is under the key None."""
    top = {}
    for name, value in pairs:
        node = top
        for segment in name.split("."):
            node = node.setdefault(segment, {})
        if None in node:
            raise Problem("body", f"parameter {name!r} appears twice")
        node[None] = value
    return top


class FormDecoder:
    """Decodes the body of a query or ec2 request by the operation's input shape."""

    def __init__(self, model):
        self.model, self.ec2 = model, model.protocol == "ec2"

    def decode(self, shape_name, text):
        """(action, version, tree)"""
        nested = _nest(parse_pairs(text, "body"))
        action, version = (nested.pop(name, {}).get(None) for name in ("Action", "Version"))
        shape = self.model.shapes[shape_name] if shape_name else {"type": "structure"}
        return action, version, self.structure(shape, nested, "body")

    def name(self, member, ref, shape):
        if self.ec2:
            if "queryName" in ref:
                return ref["queryName"]
            name = ref.get("locationName", member)
            return name[0].upper() + name[1:]
        if shape.get("flattened") and "locationName" in shape.get("member", {}):
            return shape["member"]["locationName"]
        return ref.get("locationName", member)

    def structure(self, shape, node, where):
        tree = {}
        rest = dict(node)
        if rest.pop(None, ""):
            raise Problem(where, "a simple value where a structure belongs")
        for member, ref in shape.get("members", {}).items():
            target = self.model.shapes[ref["shape"]]
            name = self.name(member, ref, target)
            if name in rest:
                tree[member] = self.value(ref, rest.pop(name), f"{where}/{member}")
        if rest:
            raise Problem(where, f"unknown parameter {sorted(rest)[0]!r}")
        return tree

    def indexed(self, node, where):
        """The nodes of 1, 2, ... n."""
        if set(node) == {None} and node[None] == "":
            return []  # "Name=" is how an empty list is sent
        wanted = [str(index + 1) for index in range(len(node))]
        if set(node) != set(wanted):
            odd = sorted(str(key) for key in node if key not in wanted)
            raise Problem(where, f"list positions are not 1, 2, ...: {odd[0]!r}")
        return [node[index] for index in wanted]

    def value(self, ref, node, where):
        shape = self.model.shapes[ref["shape"]]
        kind = shape["type"]
        if kind == "structure":
            return self.structure(shape, node, where)
        if kind in ("list", "map"):
            inner = node
            if not self.ec2 and not shape.get("flattened") and set(node) != {None}:
                name = (shape["member"].get("locationName", "member") if kind == "list"
                        else "entry")
                if set(node) != {name}:
                    odd = sorted(str(key) for key in node if key != name)
                    raise Problem(where, f"{odd[0]!r} instead of {name!r}")
                inner = node[name]
            nodes = self.indexed(inner, where)
            if kind == "list":
                return [self.value(shape["member"], one, f"{where}/[]") for one in nodes]
            entries = {}
            for one in nodes:
                names = [shape[part].get("locationName", part) for part in ("key", "value")]
                if set(one) != set(names):
                    raise Problem(where, f"map entry without {' and '.join(names)}")
                key = self.value(shape["key"], one[names[0]], where)
                entries[key] = self.value(shape["value"], one[names[1]], f"{where}/{{}}")
            return entries
        if set(node) != {None}:
            raise Problem(where, "a structure where a simple value belongs")
        return scalar(self.model, shape, node[None], where)


# Places outside the body ------------------------------------------------------------------------

def match_uri(request_uri, target):
    """Path labels and remaining query pairs of a request, or None when it is another operation's.
    Constant parts of the modelled query ("?tagging") must be there."""
    template, _, constants = request_uri.partition("?")
    path, _, query = target.partition("?")
    # AWS takes a path with its last slash and without: the SDKs do not agree on it either.
    template, path = template.rstrip("/"), path.rstrip("/")
    parts = re.split(r"(\{[^}]+\})", template)
    names = [part[1:-1].rstrip("+") for part in parts[1::2]]
    parts[::2] = [re.escape(part) for part in parts[::2]]
    parts[1::2] = ["(.+)" if part.endswith("+}") else "([^/]+)" for part in parts[1::2]]
    found = re.fullmatch("".join(parts), path)
    if not found:
        return None
    pairs = parse_pairs(query, "query string")
    for name, value in parse_pairs(constants, "query string"):
        if (name, value) not in pairs:
            return None
        pairs.remove((name, value))
    return dict(zip(names, map(urllib.parse.unquote, found.groups()))), pairs


def _headers(model, ref, shape, headers, where):
    name = ref.get("locationName", "").lower()
    if ref["location"] == "headers":
        entries = {key[len(name):]: text for key, text in headers.items() if key.startswith(name)}
        return entries or None
    if name not in headers:
        return None
    if shape["type"] == "list":
        return [scalar(model, model.shapes[shape["member"]["shape"]], item.strip(), where)
                for item in headers[name].split(",")]
    return scalar(model, shape, headers[name], where)


def _query(model, ref, shape, pairs, member, where):
    """Takes this member's pairs out of the list."""
    name = ref.get("locationName", member)
    if shape["type"] == "map":
        entries = dict(pairs)
        pairs.clear()
        return entries or None
    values = [value for key, value in pairs if key == name]
    pairs[:] = [pair for pair in pairs if pair[0] != name]
    if not values:
        return None
    if shape["type"] == "list":
        inner = model.shapes[shape["member"]["shape"]]
        return [scalar(model, inner, value, where) for value in values]
    if len(values) > 1:
        raise Problem(where, "appears twice")
    return scalar(model, shape, values[0], where)


def located(model, shape_name, headers, labels=None, pairs=None, status=None):
    """The tree of what a message carries outside its body; query pairs left over are a Problem."""
    tree, pairs = {}, list(pairs or ())
    for member, ref in model.located_members(shape_name).items():
        shape, where = model.shapes[ref["shape"]], f"{ref['location']} {member}"
        if ref["location"] == "uri":
            text = (labels or {}).get(ref.get("locationName", member))
            value = None if text is None else scalar(model, shape, text, where)
        elif ref["location"] == "querystring":
            value = _query(model, ref, shape, pairs, member, where)
        elif ref["location"] == "statusCode":
            value = status
        else:
            value = _headers(model, ref, shape, headers, where)
        if value is not None:
            tree[member] = value
    if pairs:
        raise Problem("query string", f"unknown parameter {pairs[0][0]!r}")
    return tree
