"""Whether a value fits a shape of botocore's service models: types, required members, enums, patterns, lengths."""

import datetime
import functools
import re
import sys
import unicodedata


@functools.lru_cache(maxsize=None)
def _category(letter):
    """The inside of a character class for \\p{L}, \\p{Z} or \\p{N}, which Python's patterns do not know."""
    ranges = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] != letter:
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


@functools.lru_cache(maxsize=None)
def compiled(pattern):
    """The models' patterns are Java's. Those written for whole values have no anchors, so all are matched whole."""
    text = pattern.replace("\\u10000-\\u10FFFF", "\\U00010000-\\U0010FFFF")
    text = re.sub(r"\\p\{([LZN])\}", lambda found: _category(found.group(1)), text)
    text = text.replace("\\p{ASCII}", "[\\x00-\\x7f]").replace("[\\w-_]", "[\\w_-]")
    return re.compile(text)


SCALARS = {
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": bool,
    "blob": bytes,
    "timestamp": datetime.datetime,
}


def misfits(shape, value, path=""):
    """(member, reason) for everything in `value` that the model does not allow."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure_misfits(shape, value, path)
    elif kind == "list":
        yield from _size_misfits(shape, len(value), path, "items")
        for number, item in enumerate(value):
            yield from misfits(shape.member, item, f"{path}[{number}]")
    elif kind == "map":
        yield from _size_misfits(shape, len(value), path, "entries")
        for key, item in value.items():
            yield from misfits(shape.key, key, f"{path}.(key {key!r})")
            yield from misfits(shape.value, item, f"{path}.{key}")
    else:
        yield from _scalar_misfits(shape, value, path)


def _structure_misfits(shape, value, path):
    join = f"{path}." if path else ""
    if getattr(shape, "is_document_type", False):
        return
    for name in shape.required_members:
        if name not in value:
            yield f"{join}{name}", "is required and not there"
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield path, f"is a union and has {len(value)} members"
    for name, item in value.items():
        yield from misfits(shape.members[name], item, f"{join}{name}")


def _scalar_misfits(shape, value, path):
    kind = shape.type_name
    wanted = SCALARS[kind]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield path, f"is {value!r}, but must be of type {kind}"
        return
    if kind in ("string", "blob"):
        yield from _size_misfits(shape, len(value), path, "characters" if kind == "string" else "bytes")
    elif kind in ("integer", "long", "float", "double"):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield path, f"is {value}, but must be at least {low}"
        if high is not None and value > high:
            yield path, f"is {value}, but must be at most {high}"
        if kind == "integer" and not -(2**31) <= value < 2**31:
            yield path, f"is {value}, which does not fit 32 bits"
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield path, f"is {value!r}, but must be one of {', '.join(enum)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield path, f"is {value!r}, which does not match {pattern}"


def _size_misfits(shape, size, path, unit):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield path, f"has {size} {unit}, but must have at least {low}"
    if high is not None and size > high:
        yield path, f"has {size} {unit}, but may have at most {high}"
