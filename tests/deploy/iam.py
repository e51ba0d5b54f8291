"""As much of IAM as the tests need: whether policy documents allow an action. Written from the IAM
user guide, "Policy evaluation logic", and shared with nothing of firn's."""
import fnmatch
import re


def listed(value):
    return value if isinstance(value, list) else [value]


def fits(pattern, text):
    """IAM's wildcards, * and ?; no others."""
    return re.fullmatch(fnmatch.translate(re.sub(r"\[", "[[]", pattern)), text) is not None


def covers(statement, action, resource):
    actions, not_actions = statement.get("Action"), statement.get("NotAction")
    if actions is not None:
        named = any(fits(one.lower(), action.lower()) for one in listed(actions))
    else:
        named = not any(fits(one.lower(), action.lower()) for one in listed(not_actions))
    return named and any(fits(one, resource) for one in listed(statement["Resource"]))


def holds(condition, context):
    """All operators, all keys of each, any value of a key."""
    for operator, keys in (condition or {}).items():
        for key, wanted in keys.items():
            value = context.get(key)
            if operator == "Null":
                met = (value is None) == (listed(wanted)[0] == "true")
            elif operator == "StringEquals":
                met = value in listed(wanted)
            elif operator == "Bool":
                met = value in listed(wanted)
            else:
                raise ValueError(f"the tests know no condition {operator}")
            if not met:
                return False
    return True


def decide(statements, action, resource, context=None):
    """True when an Allow covers it and no Deny does."""
    found = {one["Effect"] for one in statements
             if covers(one, action, resource) and holds(one.get("Condition"), context or {})}
    return found == {"Allow"}


def statements_of(role_step):
    """All statements of the inline policies of a role in a plan."""
    return [statement for policy in role_step["after"]["policies"].values()
            for statement in policy["statements"]]


def may_assume(role_step, token):
    """Whether a role in a plan trusts the bearer of a token with these claims."""
    context = {}
    for name, value in token.items():
        context[f"{token['iss'].removeprefix('https://')}:{name}"] = value
    return any(one["Action"] == "sts:AssumeRoleWithWebIdentity"
               and one["Principal"]["Federated"].endswith(token["iss"].removeprefix("https://"))
               and holds(one["Condition"], context)
               for one in role_step["after"]["trust"]["statements"])
