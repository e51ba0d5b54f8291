"""Takes firn's marks of ownership off what is in a sandbox, as if somebody had made it by hand."""
import contextlib
import hashlib
import json
import re
import sqlite3


class Marks:
    """The marks of some addresses of a stack, in every place where one may be."""

    def __init__(self, stack, environment, addresses):
        self.addresses = set(addresses)
        self.stack, self.environment = stack, environment
        whose = {f"{stack}/{environment}/{address}": address for address in addresses}
        names = "|".join(sorted(map(re.escape, whose), key=len, reverse=True))
        self.comment = re.compile(rf" ?\[firn[ :](?:{names})\]")
        self.rule = re.compile(rf"^firn:({names})$")  # the id of a notification
        digests = {hashlib.sha256(full.encode()).hexdigest(): full for full in whose}
        # The id of a statement in the policy of a function.
        heads = "|".join(digest[:8] for digest in digests)
        self.statement = re.compile(rf"firn-[\w-]+-({heads})-[0-9a-f]{{8}}")
        # A tag of an image.
        tails = "|".join(digest[:12] for digest in digests)
        self.image = re.compile(rf"[0-9a-f]{{64}}\.(?:{tails})")

    def off(self, value):
        """A document without them."""
        if isinstance(value, dict):
            ours = value.get("firn:address") in self.addresses
            return {self.off(key): self.off(member) for key, member in value.items()
                    if not (ours and key.startswith("firn:")) and not self.image.fullmatch(key)}
        if isinstance(value, list):
            ours = any(tag_of(item) == ("firn:address", address)
                       for item in value for address in self.addresses)
            return [self.off(item) for item in value if not (ours and is_ours(item))
                    and not (isinstance(item, str) and self.image.fullmatch(item))]
        if not isinstance(value, str):
            return value
        value = self.comment.sub("", value)
        value = self.rule.sub(lambda found: "by-hand-" + found[1].rsplit("/", 1)[-1], value)
        return self.statement.sub(lambda found: "by-hand-" + found[1], value)

    def given_to(self, stack, value):
        """A document with the marks of another stack in their place."""
        if isinstance(value, dict):
            ours = value.get("firn:address") in self.addresses
            return {self.text_given_to(stack, key): stack if ours and key == "firn:stack" else self.given_to(stack, member)
                    for key, member in value.items()}
        if isinstance(value, list):
            ours = any(tag_of(item) == ("firn:address", address)
                       for item in value for address in self.addresses)
            return [{**item, **{name: stack for name in item if name.lower().endswith("value")}}
                    if ours and tag_of(item)[0] == "firn:stack" else self.given_to(stack, item) for item in value]
        return self.text_given_to(stack, value) if isinstance(value, str) else value

    def texts_of(self, stack):
        """What marks of these addresses look like, wherever they are, when another stack has made them."""
        texts = set()
        for address in self.addresses:
            full = f"{stack}/{self.environment}/{address}"
            digest = hashlib.sha256(full.encode()).hexdigest()
            texts |= {full, f"-{digest[:8]}-", f".{digest[:12]}"}
        return texts

    def text_given_to(self, stack, text):
        for address in self.addresses:
            ours, theirs = (f"{one}/{self.environment}/{address}" for one in (self.stack, stack))
            text = text.replace(f"[firn:{ours}]", f"[firn:{theirs}]").replace(f"[firn {ours}]", f"[firn {theirs}]")
            text = f"firn:{theirs}" if text == f"firn:{ours}" else text
            before, after = (hashlib.sha256(full.encode()).hexdigest() for full in (ours, theirs))
            text = re.sub(rf"(firn-[\w-]+-){before[:8]}(-[0-9a-f]{{8}})", rf"\g<1>{after[:8]}\2", text)
            text = re.sub(rf"([0-9a-f]{{64}}\.){before[:12]}", rf"\g<1>{after[:12]}", text)
        return text


def tag_of(item):
    """{"Key": "firn:stack", "Value": …}, as some services keep tags."""
    if not isinstance(item, dict):
        return None, None
    members = {key.lower(): member for key, member in item.items()}
    return members.get("key", members.get("tagkey")), members.get("value", members.get("tagvalue"))


def is_ours(item):
    return str(tag_of(item)[0]).startswith("firn:")


def take_off(path, marks):
    """Takes them off all that the sandbox at `path` holds."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        rows = database.execute("SELECT collection, key, body FROM document").fetchall()
        for collection, key, body in rows:
            document = json.loads(body)
            bare = marks.off(document)
            if bare != document:
                database.execute("UPDATE document SET body = ? WHERE collection = ? AND key = ?",
                                 (json.dumps(bare), collection, key))


def give(path, marks, stack):
    """Gives all that the sandbox at `path` holds of these addresses to another stack."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        rows = database.execute("SELECT collection, key, body FROM document").fetchall()
        for collection, key, body in rows:
            document = json.loads(body)
            other = marks.given_to(stack, document)
            if other != document:
                database.execute("UPDATE document SET body = ? WHERE collection = ? AND key = ?",
                                 (json.dumps(other), collection, key))
