"""From what was sent back to the members of an operation's input, by the protocols of botocore's service models.

Each reader answers the members as Python values and reports what the model does not know to `problem(member, reason)`.
"""

import base64
import binascii
import datetime
import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree


def scalar_of_text(shape, text, path, problem):
    """A value of the query protocol, a URL, a header or XML, where everything is text."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            if not re.fullmatch(r"-?[0-9]+", text):
                raise ValueError
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "blob":
            return base64.b64decode(text, validate=True)
        if kind == "timestamp":
            return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, KeyError, binascii.Error):
        problem(path, f"is {text!r}, which is no {kind}")
        return None
    return text


# ---------------------------------------------------------------- JSON


def _without_repetitions(pairs):
    names = [name for name, _ in pairs]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"the name {sorted(repeated)[0]!r} occurs twice in one object")
    return dict(pairs)


def parse_json(text, problem):
    try:
        return json.loads(text, object_pairs_hook=_without_repetitions)
    except ValueError as error:
        problem("(body)", f"is no JSON: {error}")
        return None


def of_json(shape, value, path, problem):
    kind = shape.type_name
    if value is None:
        problem(path, "is null; what is not there is left out")
    elif kind in ("structure", "map"):
        if not isinstance(value, dict):
            problem(path, f"is {value!r}, but must be of type {kind}")
            return {}
        if kind == "map":
            return {key: of_json(shape.value, item, f"{path}.{key}", problem) for key, item in value.items()}
        return _structure_of_json(shape, value, path, problem)
    elif kind == "list":
        if not isinstance(value, list):
            problem(path, f"is {value!r}, but must be of type list")
            return []
        return [of_json(shape.member, item, f"{path}[{number}]", problem) for number, item in enumerate(value)]
    elif kind == "blob" and isinstance(value, str):
        return scalar_of_text(shape, value, path, problem)
    elif kind == "timestamp" and isinstance(value, (int, float)):
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    elif kind in ("float", "double") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _structure_of_json(shape, value, path, problem):
    if getattr(shape, "is_document_type", False):
        return value
    wire_names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    result = {}
    for wire_name, item in value.items():
        name = wire_names.get(wire_name)
        where = f"{path}.{wire_name}" if path else wire_name
        if name is None or "location" in shape.members[name].serialization:
            problem(where, "is not a member that belongs into the body")
            continue
        result[name] = of_json(shape.members[name], item, where, problem)
    return result


# ---------------------------------------------------------------- query


def parse_form(body, problem):
    """The parameters, each once."""
    pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    form = {}
    for name, value in pairs:
        if name in form:
            problem(name, "is sent twice")
        form[name] = value
    return form


def _take(form, prefix):
    """The parameters below a prefix, without it."""
    return {name[len(prefix) + 1 :]: value for name, value in form.items() if name.startswith(prefix + ".")}


def _numbered(form, path, problem):
    """What stands below 1., 2., 3. …"""
    numbers = {name.split(".")[0] for name in form}
    for number in numbers - {str(count + 1) for count in range(len(numbers))}:
        problem(f"{path}.{number}", "is out of the sequence 1, 2, 3, …")
        numbers.remove(number)
    for number in sorted(numbers, key=int):
        yield {name[len(number) :]: value for name, value in form.items() if name.split(".")[0] == number}


def _of_form(shape, own, below, path, problem):
    """`own`: the text under exactly this name, or None; `below`: the parameters under it."""
    kind = shape.type_name
    if kind == "structure":
        result = {}
        wire_names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        for wire_name in {name.split(".")[0] for name in below}:
            where = f"{path}.{wire_name}" if path else wire_name
            if wire_name not in wire_names:
                problem(where, "is not a member")
                continue
            name = wire_names[wire_name]
            result[name] = _of_form(
                shape.members[name], below.get(wire_name), _take(below, wire_name), where, problem
            )
        return result
    if kind in ("list", "map"):
        flattened = shape.serialization.get("flattened")
        if kind == "list":
            step = None if flattened else shape.member.serialization.get("name", "member")
        else:
            step = None if flattened else "entry"
        if own not in (None, ""):
            problem(path, f"is {own!r}, but must be of type {kind}")
        inside = below if step is None else _take(below, step)
        if len(inside) != len(below):
            problem(path, f"has other parameters than .{step}.N below it")
        if kind == "list":
            return [
                _of_form(shape.member, item.get(""), _take(item, ""), f"{path}[{number}]", problem)
                for number, item in enumerate(_numbered(inside, path, problem))
            ]
        result = {}
        for item in _numbered(inside, path, problem):
            entry = _take(item, "")
            key_name = shape.key.serialization.get("name", "key")
            value_name = shape.value.serialization.get("name", "value")
            key = entry.pop(key_name, None)
            where = f"{path}.{key}"
            if key is None or key in result:
                problem(where, "has no key, or the key of another entry")
            result[key] = _of_form(shape.value, entry.pop(value_name, None), _take(entry, value_name), where, problem)
        return result
    if below:
        problem(path, f"has parameters below it, but must be of type {kind}")
    if own is None:
        problem(path, "has no value")
        return None
    return scalar_of_text(shape, own, path, problem)


def of_query(shape, form, problem):
    return {} if shape is None and not form else _of_form(shape, None, form, "", problem)


# ---------------------------------------------------------------- XML


def parse_xml(text, problem):
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        problem("(body)", f"is no XML: {error}")
        return None


def _split_tag(tag):
    return tag[1:].split("}") if tag.startswith("{") else ["", tag]


def _namespace_of(shape, inherited):
    given = shape.serialization.get("xmlNamespace")
    if given is None:
        return inherited
    return given["uri"] if isinstance(given, dict) else given


def of_xml(shape, element, namespace, path, problem):
    kind = shape.type_name
    namespace = _namespace_of(shape, namespace)
    if kind == "structure":
        return _structure_of_xml(shape, element, namespace, path, problem)
    if kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        return [
            of_xml(shape.member, child, namespace, f"{path}[{number}]", problem)
            for number, child in enumerate(element)
            if _is_named(child, wanted, namespace, path, problem)
        ]
    if len(element):
        problem(path, f"has elements in it, but must be of type {kind}")
    return scalar_of_text(shape, element.text or "", path, problem)


def _is_named(element, wanted, namespace, path, problem):
    space, name = _split_tag(element.tag)
    if name != wanted:
        problem(f"{path}.{name}", f"stands where only {wanted} may stand")
        return False
    if space != namespace:
        problem(f"{path}.{name}", f"is in the namespace {space!r}, not in {namespace!r}")
    return True


def _structure_of_xml(shape, element, namespace, path, problem):
    result = {}
    by_name = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    if (element.text or "").strip():
        problem(path, f"holds the text {element.text!r} where only elements may stand")
    for attribute, text in element.attrib.items():
        attribute_space, short = _split_tag(attribute)
        prefixed = {name.split(":")[-1]: member for name, member in by_name.items() if ":" in name}
        if short not in prefixed:
            problem(f"{path}.{short}", f"is not an attribute here (namespace {attribute_space!r})")
            continue
        result[prefixed[short]] = text
    for child in element:
        space, wire_name = _split_tag(child.tag)
        where = f"{path}.{wire_name}" if path else wire_name
        name = by_name.get(wire_name)
        if name is None or "location" in shape.members[name].serialization:
            problem(where, "is not a member that belongs into the body")
            continue
        if space != namespace:
            problem(where, f"is in the namespace {space!r}, not in {namespace!r}")
        member = shape.members[name]
        if member.type_name == "list" and member.serialization.get("flattened"):
            items = result.setdefault(name, [])
            items.append(of_xml(member.member, child, namespace, f"{where}[{len(items)}]", problem))
        elif name in result:
            problem(where, "occurs twice")
        else:
            result[name] = of_xml(member, child, namespace, where, problem)
    return result
