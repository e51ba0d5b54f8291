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
