"""The YAML that our workflows are written in, read without a library: maps and lists by indentation,
one value on a line, lists in brackets, and literal blocks. What is not that is refused, so a
workflow stays as plain as this."""
import re


class NotPlain(Exception):
    pass


class Lines:
    def __init__(self, text):
        self.items = []  # (number, indentation, text)
        for number, line in enumerate(text.splitlines(), 1):
            bare = line.strip()
            if bare and not bare.startswith("#"):
                self.items.append((number, len(line) - len(line.lstrip(" ")), bare))
        self.at = 0

    def next(self):
        return self.items[self.at] if self.at < len(self.items) else (0, -1, "")


def load(text):
    lines = Lines(text)
    value = block(lines, 0)
    if lines.at != len(lines.items):
        raise NotPlain(f"line {lines.next()[0]}: unexpected indentation")
    return value


def block(lines, indent):
    if lines.next()[2].startswith("- ") or lines.next()[2] == "-":
        return sequence(lines, indent)
    return mapping(lines, indent)


def sequence(lines, indent):
    items = []
    while lines.next()[1] == indent and lines.next()[2].startswith("- "):
        number, _, text = lines.next()
        rest = text[2:]
        if re.match(r"[\w-]+:(\s|$)", rest):  # a map that begins on the line of its dash
            lines.items[lines.at] = (number, indent + 2, rest)
            items.append(mapping(lines, indent + 2))
        else:
            lines.at += 1
            items.append(scalar(number, rest))
    return items


def mapping(lines, indent):
    values = {}
    while lines.next()[1] == indent:
        number, _, text = lines.next()
        entry = re.fullmatch(r"([A-Za-z_][\w-]*):(?:\s+(.*))?", text)
        if not entry:
            raise NotPlain(f"line {number}: not a plain entry: {text}")
        key, rest = entry[1], uncommented(entry[2] or "")
        if key in values:
            raise NotPlain(f"line {number}: {key} stands there twice")
        lines.at += 1
        inner = lines.next()[1]
        if rest == "|":
            pieces = []
            while lines.next()[1] > indent:
                pieces.append(lines.next()[2])
                lines.at += 1
            values[key] = "\n".join(pieces)
        elif rest:
            values[key] = scalar(number, rest)
        elif inner > indent:
            values[key] = block(lines, inner)
        else:
            values[key] = None
    return values


def uncommented(text):
    return text if text[:1] in "'\"" else re.split(r"\s#", text)[0].strip()


def scalar(number, text):
    text = uncommented(text)
    if text == "{}":
        return {}
    if text.startswith("[") and text.endswith("]"):
        return [scalar(number, item.strip()) for item in text[1:-1].split(",")]
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1 and '"' not in text[1:-1]:
        return text[1:-1]
    if text[:1] in tuple("'\"[{&*!>|%@`"):
        raise NotPlain(f"line {number}: not plain: {text}")
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)
