"""Who may do what, as the sandbox holds it: to be compared with the table of a pipeline's description."""
import json


def _several(value):
    return value if isinstance(value, list) else [value]


def statements(document):
    """A policy as one line for each principal, action and resource, so that equal meanings look equal."""
    document = json.loads(document) if isinstance(document, str) else document
    lines = []
    for statement in document["Statement"]:
        principal = statement.get("Principal", {"": [""]})
        principals = ["*"] if principal == "*" else [
            item for kind in principal.values() for item in _several(kind)]
        condition = statement.get("Condition")
        ending = f" if {json.dumps(condition, sort_keys=True)}" if condition else ""
        for who in principals:
            for action in _several(statement["Action"]):
                for resource in _several(statement.get("Resource", "")):
                    words = [statement["Effect"], who, action, f"on {resource}" if resource else ""]
                    lines.append(" ".join(word for word in words if word) + ending)
    return sorted(lines)


def holders(documents, account, kind):
    """Roles or users of IAM: name → what its own policies say, all of them together."""
    found = {}
    for (collection, _), document in documents.items():
        if collection == f"aws/{account}/iam/{kind}":
            assert not document["attached"], document["name"]
            found[document["name"]] = sorted(
                line for policy in document["inline"].values() for line in statements(policy))
    return found


def trusts(documents, account):
    """IAM role → its trust policy."""
    return {document["name"]: statements(document["trust"]["document"])
            for (collection, _), document in documents.items()
            if collection == f"aws/{account}/iam/role"}


def snowflake_rights(documents, account):
    """Role, database role or user of Snowflake → what is granted to it, without what it owns."""
    place = f"snowflake/{account}"
    things = {int(key): document for (collection, key), document in documents.items()
              if collection == f"{place}/id"}

    def name(number):
        return things[number]["name"] if number else "the account"

    found = {}
    for (collection, _), grant in documents.items():
        what = {f"{place}/grant": "object", f"{place}/future": "scope"}.get(collection)
        if what is None or grant["privilege"] == "OWNERSHIP":
            continue
        kind = grant["object_kind"] if what == "object" else (
            f"future {grant['object_kind']}s in {grant['scope_kind']}")
        option = " with grant option" if grant["grant_option"] else ""
        found.setdefault(name(grant["grantee"]), set()).add(
            f"{grant['privilege']} on {kind} {name(grant[what])}{option}")
    return found


def owners(documents, account, kinds):
    """Object of one of the kinds → the role that owns it."""
    place = f"snowflake/{account}"
    things = {int(key): document for (collection, key), document in documents.items()
              if collection == f"{place}/id"}
    return {document["name"]: things[document["owner"]]["name"]
            for (collection, _), document in documents.items()
            if collection in {f"{place}/{kind}" for kind in kinds}}
