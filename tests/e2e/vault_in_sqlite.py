"""The SQL of the convex pipeline in SQLite, where it can run without Snowflake.

What is told apart by Snowflake alone is put into SQLite's words, form by form; a form that is not known
here stops the test. Streams are tables that a trigger fills and that whoever reads them empties.
"""

import hashlib
import json
import re
import sqlite3

_PLACE = re.compile(r"\b\w+_DATABASE\.CONVEX_(?:STAGE|VAULT|WAREHOUSE|DATAMART|CONTROL)\.(\w+)")
_CAST = re.compile(r"(\$\d+|[A-Za-z_][\w.]*(?::\w+)?)::(VARCHAR|NUMBER|TIMESTAMP_NTZ)(\([\d,]+\))?")
_FIELD = re.compile(r"\b([A-Za-z_][\w.]*):(\w+)\b")
_QUALIFY = re.compile(
    r"SELECT ((?:(?!\bSELECT\b).)*?)\s+FROM ((?:(?!\bSELECT\b).)*?)\s+QUALIFY (ROW_NUMBER\(\) OVER \([^()]*\)) = 1", re.DOTALL
)  # fmt: skip
_BRANCH = re.compile(r"WHEN (\w+) THEN INTO (\w+) \(([^()]*)\)\s+VALUES \(([^()]*)\)")


def _cast(match):
    value, kind, size = match.groups()
    if kind == "VARCHAR":
        return f"CAST({value} AS TEXT)"
    if kind == "NUMBER":
        return f"CAST({value} AS NUMERIC)" if not (size or "").endswith(",0)") else f"CAST(ROUND({value}) AS INTEGER)"
    return value


def in_sqlite(sql):
    """One statement, or one SELECT, in SQLite's words."""
    sql = _PLACE.sub(r"\1", sql.strip())
    sql = _CAST.sub(_cast, sql)
    sql = re.sub(r"LATERAL FLATTEN\(INPUT => (\w+)\.(\w+):(\w+)\)", r"json_each(\1.\2, '$.\3')", sql)
    sql = _FIELD.sub(r"json_extract(\1, '$.\2')", sql)
    sql = re.sub(r"\$(\d+)", r"C\1", sql).replace("@", "").replace("IS DISTINCT FROM", "IS NOT")
    sql = _QUALIFY.sub(r"SELECT * FROM (SELECT \1, \3 AS NTH_ FROM \2) WHERE NTH_ = 1", sql)
    for word in ("::", "QUALIFY", "FLATTEN", "=>"):
        if word in sql:
            raise ValueError(f"{word} is not put into SQLite's words:\n{sql}")
    return sql


class Vault:
    """The stage, the vault and the views of one environment, from the steps of its plan."""

    def __init__(self, steps):
        self._steps = steps
        self._db = sqlite3.connect(":memory:")
        self._now = 0
        self._loaded = set()
        self._db.create_function("MD5", 1, lambda text: text and hashlib.md5(str(text).encode()).hexdigest())
        self._db.create_function("SYSDATE", 0, lambda: self._now)
        for step in steps.values():
            if step["type"] == "snowflake.table":
                columns = ", ".join(column["name"] for column in step["after"]["columns"])
                self._db.execute(f"CREATE TABLE {step['name']} ({columns})")
        for name in ("STAGE_CUSTOMERS_CSV", "STAGE_PRODUCTS_CSV"):
            self._db.execute(f"CREATE TABLE {name} (C1, C2, C3)")
        self._streams = {}
        for step in steps.values():
            if step["type"] == "snowflake.stream":
                self._add_stream(step["name"], _PLACE.sub(r"\1", step["after"]["table"]))
        # What is read must be there: in the order of the plan.
        for step in steps.values():
            if step["type"] == "snowflake.view":
                self._db.execute(f"CREATE VIEW {step['name']} AS {in_sqlite(step['after']['query'])}")

    def _add_stream(self, name, table):
        self._db.execute(f"CREATE TABLE {name} AS SELECT * FROM {table}")
        columns = [row[1] for row in self._db.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(f"NEW.{column}" for column in columns)
        self._db.execute(f"CREATE TRIGGER T_{name} AFTER INSERT ON {table} BEGIN INSERT INTO {name} VALUES ({values}); END")
        self._streams[name] = table

    # ------------------------------------------------------------ the files

    def put_snapshot(self, stage, text):
        """A CSV file with its header, in the place of the one before."""
        self._db.execute(f"DELETE FROM {stage}")
        for line in text.strip().splitlines()[1:]:
            fields = (line.split(",") + [None] * 3)[:3]
            self._db.execute(f"INSERT INTO {stage} VALUES (?, ?, ?)", fields)

    def load_files(self, files):
        """What COPY does: each file once."""
        for name, text in files.items():
            if name not in self._loaded:
                self._loaded.add(name)
                rows = [(line, name) for line in text.splitlines() if line.strip() and json.loads(line)]
                self._db.executemany("INSERT INTO STG_CONVEX_TRANS_JSON (TRANS_JSON, FILE_NAME) VALUES (?, ?)", rows)

    # ------------------------------------------------------------ the tasks

    def run(self, files):
        """One run of the whole graph, in the order in which the tasks name each other."""
        self._now += 1
        body = self._steps["proc_load_convex_data"]["after"]["body"].strip()
        assert body.startswith("BEGIN") and body.endswith("END"), body
        for statement in body[len("BEGIN") : -len("END")].split(";"):
            statement = statement.strip()
            if statement.startswith("COPY INTO"):
                assert "STG_CONVEX_TRANS_JSON (TRANS_JSON, FILE_NAME)" in statement, statement
                self.load_files(files)
            elif statement.startswith("INSERT"):
                self._statement(statement)
            else:
                assert not statement or statement.startswith("RETURN"), statement
        done, tasks = {"TASK_LOAD_STAGE"}, self._tasks()
        while tasks:
            ready = [name for name, (after, _) in tasks.items() if after <= done]
            assert ready, f"never run: {sorted(tasks)}"
            for name in ready:
                self._multi_insert(tasks.pop(name)[1])
                done.add(name)

    def _tasks(self):
        found = {}
        for step in self._steps.values():
            if step["type"] == "snowflake.task" and step["after"].get("after"):
                after = {_PLACE.sub(r"\1", name) for name in step["after"]["after"]}
                found[step["name"]] = (after, step["after"]["definition"])
        return found

    def _statement(self, sql):
        overwritten = re.match(r"INSERT OVERWRITE INTO (\S+)", sql)
        if overwritten:
            self._db.execute(in_sqlite(f"DELETE FROM {overwritten[1]}"))
            sql = sql.replace("INSERT OVERWRITE", "INSERT", 1)
        self._db.execute(in_sqlite(sql))
        self._consume(sql)

    def _multi_insert(self, sql):
        """INSERT ALL: the SELECT once, then each branch for the rows of which its condition holds."""
        text = in_sqlite(sql)
        head, _, select = text.partition("\nSELECT ")
        assert head.startswith("INSERT ALL"), text
        self._db.execute(f"CREATE TEMP TABLE JUDGED AS SELECT {select}")
        branches = _BRANCH.findall(head)
        assert len(branches) == head.count("WHEN "), head
        for condition, table, columns, values in branches:
            self._db.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM JUDGED WHERE {condition}")
        self._db.execute("DROP TABLE JUDGED")
        self._consume(sql)

    def _consume(self, sql):
        for stream in self._streams:
            if re.search(rf"\b{stream}\b", sql):
                self._db.execute(f"DELETE FROM {stream}")

    # ------------------------------------------------------------ what is there

    def rows(self, sql):
        return self._db.execute(sql).fetchall()

    def counts(self, names):
        return {name: self.rows(f"SELECT COUNT(*) FROM {name}")[0][0] for name in names}
