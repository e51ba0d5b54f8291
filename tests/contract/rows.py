"""The rows of types/*.yaml, filled up from the schema tables, as cases: one object for each property to be tried.

README.md explains the words of a row.
"""

import copy
import json
import pathlib
import re

import yaml
import yaml12

HERE = pathlib.Path(__file__).resolve().parent
# What the tests call an object in its own row: ${THIS_queue} beside the case THIS.
THIS = "THIS"
ROW_WORDS = {"type", "needs", "own", "base", "attributes", "not_on_moto", "moto_cannot", "nowhere",
             "undone", "unmarked", "imported_by"}  # fmt: skip
CASE_WORDS = {"values", "with", "own", "always", "also", "shows", "replaced", "renewed", "one_way", "unseen", "nowhere", "keeps",
              "not_on_moto", "not_tried"}  # fmt: skip
PLAIN = "plain"  # the case that sets nothing but what it must
PROSE = {"comment", "description", "display_name"}


class RowError(Exception):
    """A row does not say what it must."""


class Case:
    """One object: what it says without the property, with its first and with its second value."""

    def __init__(self, type_name, label, attribute, blocks, own, word):
        self.type = type_name
        self.label = label
        self.attribute = attribute  # the table's row of the property, None in the plain case
        self.base, self.first, self.second = blocks
        self.own = own  # address → block, of objects that only this case needs
        self.is_lookup = False
        self.nowhere = word.get("nowhere")  # but in the state
        self.undone = None  # why destroying it leaves an object that is merely changed
        self.shows = word.get("shows", attribute["name"] if attribute else None)
        self.also = word.get("also", [])
        self.replaced = word.get("replaced")
        self.renewed = word.get("renewed")
        self.one_way = word.get("one_way")
        self.keeps = word.get("keeps")
        self.unseen = word.get("unseen")
        self.moto_cannot = {}  # step → why
        self.unmarked = None
        self.imported_by = None  # the output that says to an import which object is meant
        self.can_be_anothers = False  # it has a name, and a mark that says whose it is
        self.hidden = set()  # the attributes that no cloud shows
        self.all_outputs = {}
        if self.unseen is None and attribute and attribute.get("write_only") and "shows" not in word:
            self.unseen = "the cloud does not show it"
        self.is_simple = label.isidentifier() and set(word) <= {"values", "unseen", "not_on_moto"}
        self.is_simple = self.is_simple and THIS not in json.dumps(word)
        self.together = None  # the address of the object that it shares with others of its type
        self.is_always_there = False  # never absent: by the table, or by what the row's `base` says

    @property
    def address(self):
        return self.together or address_of(self.type, self.label)

    @property
    def title(self):
        return f"{self.type} {self.label}"

    @property
    def must_replace(self):
        return self.replaced is not None or self.attribute["on_change"] != "in place"

    @property
    def is_another_afterwards(self):
        """Whether a change makes another object, so that nobody can make it behind our back."""
        return self.must_replace or self.is_lookup or self.renewed is not None

    @property
    def default(self):
        return json.loads(self.attribute.get("default", "null"))

    def value_in(self, block):
        return block.get(self.attribute["name"])


def address_of(type_name, label):
    return f"{type_name}_{label}".replace(".", "_").replace("/", "_")


# ------------------------------------------------------------ values from the table


def derived_values(row):
    """Two values that differ from the default, as far as the table alone can tell; else None."""
    default = json.loads(row.get("default", "null"))
    kind, name = row["kind"], row["name"]
    if kind == "boolean":
        return [not default, bool(default)]
    if kind == "integer" and default is not None:
        step = 1 if default + 2 <= row.get("maximum", default + 2) else -1
        return [default + step, default + 2 * step]
    if kind == "integer" and "minimum" in row:
        return [row["minimum"] + 1, row["minimum"] + 2]
    if kind == "string" and "allowed" in row:
        others = [word for word in row["allowed"] if word != default]
        return (others + [default])[:2] if default is not None else others[:2]
    if kind == "string" and name in PROSE:
        return ["One.", "Zwei & <drei>: 'größer'."]
    if kind == "map" and name == "tags":
        return [{"team": "data", "cost centre": "a+b=c/d @e"}, {"team": "ops"}]
    return None


def name_values(provider, address):
    """Two names for the same object, both in the alphabet of everything that has a name."""
    if provider == "snowflake":
        return [f"{address}_ONE".upper(), f"{address}_TWO".upper()]
    short = address.replace("_", "-")
    return [f"ct-{short}-one", f"ct-{short}-two"]


# ------------------------------------------------------------ rows to cases


def placed(value, address):
    """`value` with THIS replaced by the case's address."""
    if isinstance(value, str):
        return value.replace(THIS, address)
    if isinstance(value, list):
        return [placed(item, address) for item in value]
    if isinstance(value, dict):
        return {placed(key, address): placed(item, address) for key, item in value.items()}
    return value


class Row:
    """What types/TYPE.yaml says of one type, beside its table."""

    def __init__(self, path, table):
        self.table = table
        self.type = table["name"]
        self.provider = self.type.split(".")[0]
        self.said = (yaml12.read(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}
        self.check_words(self.said, ROW_WORDS, path.name)
        if self.said.get("type") != self.type:
            raise RowError(f"{path.name} must begin with type: {self.type}")
        self.inputs = {
            row["name"]: row
            for row in table["attributes"]
            if not row.get("computed") and not row.get("derived")
        }
        self.needs = self.said.get("needs") or {}
        self.nowhere = self.said.get("nowhere")
        self.undone = self.said.get("undone")
        self.moto_cannot = self.said.get("moto_cannot") or {}
        not_on_moto = self.said.get("not_on_moto") or {}
        self.not_on_moto = {} if isinstance(not_on_moto, str) else dict(not_on_moto)
        self.whole_not_on_moto = not_on_moto if isinstance(not_on_moto, str) else None
        self.words = self.case_words()
        for label, word in self.words.items():
            if "not_on_moto" in word:
                self.not_on_moto[label] = word["not_on_moto"]
        unknown = set(self.not_on_moto) - set(self.words)
        if unknown:
            raise RowError(f"{self.type}: not_on_moto speaks of {sorted(unknown)}, which are no cases")
        self.base = self.base_block()

    @staticmethod
    def check_words(said, known, where):
        if not isinstance(said, dict) or set(said) - known:
            raise RowError(f"{where}: known words are {', '.join(sorted(known))}; it says {said}")

    def case_words(self):
        """label → what is said of the case; derived where nothing is said."""
        words = {}
        for label, said in (self.said.get("attributes") or {}).items():
            name = label.partition("/")[0]
            if name not in self.inputs and not (name == "name" and "naming" in self.table):
                raise RowError(f"{self.type} has no attribute {name}")
            word = dict(said) if isinstance(said, dict) and set(said) & CASE_WORDS else {"values": said}
            self.check_words(word, CASE_WORDS, f"{self.type}: {label}")
            words[label] = word
        tried = {label.partition("/")[0] for label in words}
        for name, row in self.inputs.items():
            if name not in tried:
                words[name] = {}
            if name not in words or "not_tried" in words[name]:
                continue
            words[name].setdefault("values", derived_values(row))
            if not words[name]["values"]:
                raise RowError(
                    f"{self.type}: {name} has no values. Add to types/{self.type}.yaml, below attributes:\n"
                    f"  {name}: [the first value, the second]"
                )
        if "naming" in self.table and not self.table.get("is_lookup") and "name" not in tried:
            words["name"] = {"values": name_values(self.provider, address_of(self.type, "name"))}
        return words

    def base_block(self):
        base = dict(self.said.get("base") or {})
        for name, row in self.inputs.items():
            if row.get("required") and name not in base:
                base[name] = self.words[name]["values"][0]
        return base

    def moto_lacks(self, label):
        """What moto does not model of a case, or None."""
        return self.whole_not_on_moto or self.not_on_moto.get(label)

    def cases(self):
        yield self.case(PLAIN, {})
        for label, word in self.words.items():
            if "not_tried" not in word:
                yield self.case(label, word)

    def case(self, label, word):
        name = label.partition("/")[0]
        attribute = self.inputs.get(name)
        if name == "name" and attribute is None:
            attribute = {"name": "name", "kind": "string", "on_change": "replaces the object"}
        beside = word.get("with") or {}
        if not isinstance(beside, list):
            beside = [beside] * 3  # else: beside no value, beside the first, beside the second
        base, first, second = (
            {"type": self.type, **copy.deepcopy(self.base), **copy.deepcopy(members or {})} for members in beside
        )
        if attribute:
            values = word["values"]
            if not isinstance(values, list) or len(values) not in (1, 2):
                raise RowError(f"{self.type}: {label} wants a list of one or two values, not {values}")
            first[name], second[name] = values[0], values[-1]
            if attribute.get("required") or name in self.base or "always" in word:
                base[name] = values[0]
        address = address_of(self.type, label)
        case = Case(
            self.type,
            label,
            attribute,
            [placed(block, address) for block in (base, first, second)],
            placed({**(self.said.get("own") or {}), **(word.get("own") or {})}, address),
            word,
        )
        case.is_always_there = attribute is not None and name in base
        case.nowhere = case.nowhere or self.nowhere
        case.undone = self.undone
        case.unseen = case.unseen or case.nowhere
        hidden = [name for name, row in self.inputs.items() if row.get("write_only") or row.get("secret")]
        case.hidden = set(hidden)
        case.unmarked = self.said.get("unmarked")
        case.imported_by = self.said.get("imported_by")
        case.can_be_anothers = "naming" in self.table and not case.unmarked
        case.moto_cannot = self.moto_cannot
        case.is_lookup = bool(self.table.get("is_lookup"))
        outputs = [row["name"] for row in self.table["attributes"] if row.get("computed")]
        case.all_outputs = {name: f"${{{address}.{name}}}" for name in outputs}
        return case

    def missing_fields(self):
        """Fields deep inside that no case gives, or gives only one value to."""
        seen = {}
        for case in self.cases():
            for block in (case.base, case.first, case.second):
                for name, row in self.inputs.items():
                    note(seen, name, row, block.get(name))
        not_tried = [label.replace("/", ".") for label, word in self.words.items() if "not_tried" in word]
        wanted = [path for name, row in self.inputs.items() for path in field_paths(name, row)]
        return [path for path in wanted if path not in not_tried and len(seen.get(path, ())) < 2]


def field_paths(path, row):
    yield path
    for field in row.get("fields", []):
        if not field.get("computed") and not field.get("derived"):
            yield from field_paths(f"{path}.{field['name']}", field)


def note(seen, path, row, value):
    """Keeps the values that a path and what is below it have had; absent is one of them."""
    seen.setdefault(path, set()).add(json.dumps(value, sort_keys=True))
    fields = [field for field in row.get("fields", []) if not field.get("computed")]
    if isinstance(value, dict) and row["kind"] == "object":
        items = [value]
    elif isinstance(value, dict):
        items = list(value.values())
    else:
        items = value if isinstance(value, list) else []
    references = [field for field in fields if field.get("takes") and not field.get("required")]
    for item in items:
        for field in fields:
            # Of several things that may be named it is the choice that changes.
            is_choice = len(references) > 1 or field["on_change"] != "in place"
            is_choice = is_choice and not field.get("required")
            if isinstance(item, dict) and (field["name"] in item or is_choice):
                note(seen, f"{path}.{field['name']}", field, item.get(field["name"]))


def load(tables):
    """The rows of all types; problems are sentences."""
    rows, problems = {}, []
    for name, table in sorted(tables.items()):
        path = HERE / "types" / f"{name}.yaml"
        if not path.exists():
            problems.append(f"{name} has no rows: write tests/contract/types/{name}.yaml")
            continue
        try:
            rows[name] = Row(path, table)
        except (RowError, yaml.YAMLError) as error:
            problems.append(str(error))
            continue
        for path in rows[name].missing_fields():
            problems.append(f"{name}: {path} never has two values in types/{name}.yaml")
    where = dict.fromkeys(common_needs(), "common.yaml")
    for row in rows.values():
        for name in row.needs:
            if name in where:
                problems.append(f"{row.type}: what it needs as {name} has that name in {where[name]} already")
            where[name] = f"types/{row.type}.yaml"
    for path in sorted((HERE / "types").glob("*.yaml")):
        if path.stem not in tables:
            problems.append(f"types/{path.name} speaks of a type that firn does not know")
    return rows, problems


def bring_together(cases):
    """Puts the simple cases of each type into one object: fewer calls, where each takes its time."""
    for case in cases:
        can_join = case.attribute and case.is_simple and not case.is_always_there and not case.must_replace
        if can_join and not case.is_lookup:
            case.together = address_of(case.type, "together")


def common_needs():
    path = HERE / "common.yaml"
    return yaml12.read(path.read_text(encoding="utf-8"))["needs"] if path.exists() else {}


def needs_of(some_rows, cases):
    """What the rows need, and of what common.yaml has what is referred to, by address."""
    common = common_needs()
    found = {}
    for row in some_rows:
        found.update(row.needs)
    todo = [json.dumps([found, *([case.base, case.first, case.second, case.own] for case in cases)])]
    while todo:
        for expression in re.findall(r"\$\{([^}]*)\}", todo.pop()):
            for name in set(re.findall(r"\w+", expression)) & set(common) - set(found):
                found[name] = common[name]
                todo.append(json.dumps(common[name]))
    return found
