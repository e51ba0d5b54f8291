"""The lists of changes, <stack>.yaml: what a pipeline's description says of changes, in a form that can be tried.

tests/stacks/README.md has the words. A word that is not known, or an edit that does not fit, is an error: a list that
says nothing by mistake would be a test that cannot fail.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "contract"))

import yaml12  # noqa: E402  YAML 1.2, as stacks are: `on` is a plain key

PLACES = ("local", "dev", "prod", "moto")

OF_A_LIST = {"stack", "changes", "places", "leave", "variables"}
OF_A_PLACE = {"why", "needs", "parameters", "edits", "layers", "variables"}
OF_LEAVING = {"why", "parameters", "edits"}
OF_A_CHANGE = {
    "name", "page", "first", "environment", "parameters", "edits", "plan", "loses", "says", "refused", "variables", "at",
    "not_tried",
}  # fmt: skip
OF_AN_EDIT = {"file", "from", "to", "add", "write", "remove"}
ACTIONS = {"adopt", "create", "forget", "look_up", "remove", "replace", "update"}


class Mistake(Exception):
    """Something in a list that cannot be meant."""


def _only(words, known, where):
    if not isinstance(words, dict):
        raise Mistake(f"{where}: a map is expected")
    if set(words) - known:
        raise Mistake(f"{where}: unknown words: {', '.join(sorted(set(words) - known))}")
    return words


def _check_edits(edits, where):
    for edit in edits:
        _only(edit, OF_AN_EDIT, where)
        kinds = {"from", "add", "write", "remove"} & set(edit)
        if "file" not in edit or len(kinds) != 1 or ("from" in edit) != ("to" in edit):
            raise Mistake(f"{where}: an edit has a file and one of: from with to, add, write, remove")


class Change:
    """One change, as it is to be tried at one place."""

    def __init__(self, words, place, where):
        merged = {key: value for key, value in words.items() if key != "at"}
        merged.update(words.get("at", {}).get(place, {}))
        self.name = merged["name"]
        self.page = merged.get("page", "")
        self.first = merged.get("first")
        self.environment = merged.get("environment", {})
        self.parameters = merged.get("parameters", {})
        self.edits = merged.get("edits", [])
        self.plan = merged.get("plan", {})
        self.loses = merged.get("loses", {})
        self.says = merged.get("says", [])
        self.refused = merged.get("refused")
        self.variables = merged.get("variables", {})
        self.not_tried = merged.get("not_tried")
        self.why = merged.get("why")
        self.where = where

    @property
    def slug(self):
        return "-".join("".join(c if c.isalnum() else " " for c in self.name.lower()).split())


class ChangeList:
    """One file, read and checked."""

    def __init__(self, path, text=None):
        self.path = pathlib.Path(path)
        where = self.path.name
        words = yaml12.read(text if text is not None else self.path.read_text(encoding="utf-8"))
        self._words = _only(words, OF_A_LIST, where)
        self.stack = words["stack"]
        self.variables = words.get("variables", {})
        for place, said in words.get("places", {}).items():
            _only(said, OF_A_PLACE, f"{where}, places, {place}")
            _check_edits(said.get("edits", []), f"{where}, places, {place}")
            if {"edits", "layers"} & set(said) and "why" not in said:
                raise Mistake(f"{where}, places, {place}: a stack that is not the usual one says why")
        for place, said in words.get("leave", {}).items():
            _only(said, OF_LEAVING, f"{where}, leave, {place}")
        unknown = ({*words.get("places", {}), *words.get("leave", {})}) - set(PLACES)
        if unknown:
            raise Mistake(f"{where}: no such places: {', '.join(sorted(unknown))}")
        names = [change.get("name") for change in words["changes"]]
        if None in names or len(set(names)) != len(names):
            raise Mistake(f"{where}: every change has a name of its own")
        for change in words["changes"]:
            self._check_change(change, f"{where}, {change['name']}")

    @staticmethod
    def _check_change(change, where):
        _only(change, OF_A_CHANGE, where)
        for place, said in change.get("at", {}).items():
            _only(said, OF_A_CHANGE - {"at", "name", "page"} | {"why"}, f"{where}, at {place}")
            if place == "moto" and not ({"why", "not_tried"} & set(said)):
                raise Mistake(f"{where}: what is different on moto says why")
            if place not in PLACES:
                raise Mistake(f"{where}: no such place: {place}")
        for said in (change, *change.get("at", {}).values()):
            _check_edits(said.get("edits", []), where)
            wrong = set(said.get("plan", {}).values()) - ACTIONS
            if wrong:
                raise Mistake(f"{where}: no such actions: {', '.join(sorted(wrong))}")
            if said.get("first") not in (None, "destroy"):
                raise Mistake(f"{where}: first can only be destroy")
            if "not_tried" in said and not said["not_tried"]:
                raise Mistake(f"{where}: not_tried says why")
        if "not_tried" in change:
            raise Mistake(f"{where}: a change that is tried nowhere is no change")
        if not change.get("plan") and not change.get("refused"):
            raise Mistake(f"{where}: what must the plan say?")

    def changes(self, place):
        return [Change(words, place, f"{self.path.name}, {words['name']}") for words in self._words["changes"]]

    def at(self, place):
        return self._words.get("places", {}).get(place, {})

    def leaving(self, place):
        return self._words.get("leave", {}).get(place)


def stacks():
    """All stacks of the repository, in order."""
    return sorted(file.parent.name for file in (ROOT / "stacks").glob("*/stack.yaml"))


def load(stack):
    """The list of a stack; None when it has none."""
    path = HERE / f"{stack}.yaml"
    return ChangeList(path) if path.exists() else None


def _merge(into, other):
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict) and key != "parameters":
            _merge(into[key], value)
        elif key == "parameters":
            into.setdefault(key, {}).update(value)
        else:
            into[key] = value


def set_in_environment(path, settings):
    """Writes settings into an environment's file, as a person does. A parameter is set as a whole. JSON is YAML."""
    environment = yaml12.read(path.read_text(encoding="utf-8"))
    _merge(environment, settings)
    path.write_text(json.dumps(environment, indent=1, ensure_ascii=False), encoding="utf-8")


def edit(folder, words, where):
    """Makes one edit in the stack's folder."""
    file = folder / words["file"]
    if "write" in words:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words["write"], encoding="utf-8")
        return
    text = file.read_text(encoding="utf-8")
    if "add" in words:
        file.write_text(text + words["add"], encoding="utf-8")
        return
    before = words.get("from", words.get("remove"))
    if text.count(before) != 1:
        raise Mistake(f"{where}: {before!r} stands {text.count(before)} times in {words['file']}")
    file.write_text(text.replace(before, words.get("to", "")), encoding="utf-8")
