"""The tweets pipeline's data: what dbt makes beside the stack, who sees it, and where files arrive."""
import datetime
import gzip
import json
import unittest

from flix_case import FILE, REGION, SNOWFLAKE, FlixCase
from privileges import owners


class FlixMarts(FlixCase):
    """dbt works beside the stack, and people read what it makes."""

    DBT = ("FLX_DEV_DBT", "FLX_DEV_TRANSFORM")
    READER = ("READER", "FLX_DEV_REPORTING")
    MART = "FLX_DEV_DATABASE.MART"

    def setUp(self):
        super().setUp()
        self.apply(*self.where())
        self.must(
            *self.DBT,
            f"CREATE TABLE {self.MART}.USERS_STATS (USER_ID VARCHAR, USER_MOST_RECENT_LOCATION VARCHAR,"
            " USER_MOST_RECENT_FOLLOWERS_COUNT NUMBER, USER_TWEET_AVERAGE_LENGTH FLOAT)",
            f"INSERT INTO {self.MART}.USERS_STATS VALUES ('7', 'Ulm', 12, 40.5)",
            f"CREATE TABLE {self.MART}.PARSED_TWEETS (TWEET_ID VARCHAR)",
            f"CREATE VIEW {self.MART}.USERS_OVERVIEW AS SELECT USER_ID FROM {self.MART}.USERS_STATS",
            "CREATE TABLE FLX_DEV_DATABASE.STAGING.TMP (X NUMBER)")

    def marts(self):
        found = owners(self.documents(), SNOWFLAKE, {"relation"})
        return {name: found.get(name) for name in ("USERS_STATS", "PARSED_TWEETS", "USERS_OVERVIEW", "TMP")}

    def test_they_are_neither_drift_nor_dropped(self):
        self.assert_plan_is_empty(*self.where())
        self.edit(FILE, "comment: What dbt makes for readers. Its tables are dbt's own.", "comment: Marts.")
        self.edit(FILE, "    comment: dbt, from raw tweets to marts.\n", "    comment: dbt.\n")
        self.apply(*self.where())
        self.assertEqual(set(self.marts().values()), {"FLX_DEV_TRANSFORM"})
        self.assertEqual(self.admin(f"SELECT COUNT(*) AS N FROM {self.MART}.USERS_STATS"), [[{"N": "1"}]])
        self.assert_plan_is_empty(*self.where())

    def test_readers_see_what_was_made_after_the_grants_and_nothing_raw(self):
        rows = self.must(*self.READER, f"SELECT USER_MOST_RECENT_LOCATION FROM {self.MART}.USERS_STATS",
                         f"SELECT USER_ID FROM {self.MART}.USERS_OVERVIEW")
        self.assertEqual(rows, [[{"USER_MOST_RECENT_LOCATION": "Ulm"}], [{"USER_ID": "7"}]])
        raw, staging, write = self.sql(
            *self.READER, "SELECT COUNT(*) FROM FLX_DEV_DATABASE.RAW.RAW_TWEETS",
            "SELECT COUNT(*) FROM FLX_DEV_DATABASE.STAGING.TMP",
            f"INSERT INTO {self.MART}.USERS_STATS VALUES ('8', 'Bonn', 1, 1)")
        self.assertEqual([raw.get("code"), staging.get("code"), write.get("code")], ["002003", "002003", "003001"])

    def test_dbt_reads_raw_also_what_comes_later_and_makes_nothing_there(self):
        self.edit(FILE, "  # An empty table has no newest tweet",
                  "  later: { type: snowflake.table, schema: \"${raw}\", columns: [{ name: A, type: VARCHAR }] }\n"
                  "  # An empty table has no newest tweet")
        self.apply(*self.where())
        self.assert_plan_is_empty(*self.where())
        self.must(*self.DBT, "SELECT COUNT(*) FROM FLX_DEV_DATABASE.RAW.RAW_TWEETS_CLEANSED",
                  "SELECT COUNT(*) FROM FLX_DEV_DATABASE.RAW.LATER")
        refused = self.sql(*self.DBT, "CREATE TABLE FLX_DEV_DATABASE.RAW.MINE (X NUMBER)",
                           "CREATE SCHEMA FLX_DEV_DATABASE.MINE", "DROP TABLE FLX_DEV_DATABASE.RAW.RAW_TWEETS",
                           "SELECT COUNT(*) FROM FLX_DEV_DATABASE.WEB.WEB_APP_FORM")
        self.assertEqual([answer.get("code") for answer in refused], ["003001", "003001", "003001", "002003"])

    def test_a_future_grant_goes_and_comes_without_touching_a_table(self):
        line = '        { privileges: ["SELECT"], on: { future: { objects: "TABLES", schema: mart.fqn } } },\n'
        before = self.marts()
        self.edit(FILE, line, "")
        steps = self.plan_steps(*self.where())
        self.assertEqual({address for address, step in steps.items() if step["action"] not in ("none", "look_up")},
                         {"reporting_rights"})
        self.apply(*self.where())
        self.must(*self.DBT, f"CREATE TABLE {self.MART}.UNSEEN (X NUMBER)")
        old, new = self.sql(*self.READER, f"SELECT COUNT(*) AS N FROM {self.MART}.USERS_STATS",
                            f"SELECT COUNT(*) AS N FROM {self.MART}.UNSEEN")
        self.assertEqual((old.get("rows"), new.get("code")), ([{"N": "1"}], "002003"))
        self.edit(FILE, '        { privileges: ["SELECT"], on: { future: { objects: "VIEWS", schema: mart.fqn } } }\n',
                  line + '        { privileges: ["SELECT"], on: { future: { objects: "VIEWS", schema: mart.fqn } } }\n')
        self.apply(*self.where())
        # The grant on all tables brings in what was made meanwhile.
        self.must(*self.READER, f"SELECT COUNT(*) AS N FROM {self.MART}.UNSEEN")
        self.assertEqual(self.marts(), before)
        self.assert_plan_is_empty(*self.where())

    def test_renaming_the_database_would_lose_them_and_is_refused(self):
        self.edit(FILE, "  database:\n    type: snowflake.database\n",
                  "  database:\n    type: snowflake.database\n    called: tweets\n")
        run = self.refused("apply", *self.where(), "--yes")
        self.assertIn("--accept-loss", run.err)
        self.assertEqual(set(self.marts().values()), {"FLX_DEV_TRANSFORM"})


class FlixTasks(FlixCase):
    """Without dbt, tasks of Snowflake make two of the marts."""

    def setUp(self):
        super().setUp()
        self.apply(*self.where())
        self.edit("environments/dev.yaml", "      schedule_retries: 0\n", "      transform: tasks\n")

    def test_they_run(self):
        self.apply(*self.where())
        tasks = {document["name"]: document["properties"].get("state") for (collection, _), document
                 in self.documents().items() if collection == f"snowflake/{SNOWFLAKE}/task"}
        self.assertEqual(tasks, {"REFRESH_PARSED": "started", "REFRESH_USERS_STATS": "started"})
        # Readers see these marts, too; dbt is in nobody's way.
        self.must("READER", "FLX_DEV_REPORTING", "SELECT * FROM FLX_DEV_DATABASE.MART.USERS_STATS",
                  "SELECT * FROM FLX_DEV_DATABASE.MART.PARSED_TWEETS")
        self.assert_plan_is_empty(*self.where())

    def test_a_mart_that_dbt_has_made_is_not_taken_over(self):
        self.must("FLX_DEV_DBT", "FLX_DEV_TRANSFORM",
                  "CREATE TABLE FLX_DEV_DATABASE.MART.USERS_STATS (USER_ID VARCHAR)")
        self.assertIn("USERS_STATS", self.refused("apply", *self.where(), "--yes").err)
        owner = owners(self.documents(), SNOWFLAKE, {"relation"})["USERS_STATS"]
        self.assertEqual(owner, "FLX_DEV_TRANSFORM")


class FlixRoads(FlixCase):
    """What lands in the bucket, and where it arrives."""

    TABLES = {
        "cleansed": "FLX_DEV_DATABASE.RAW.RAW_TWEETS_CLEANSED", "raw": "FLX_DEV_DATABASE.RAW.RAW_TWEETS",
        "form": "FLX_DEV_DATABASE.WEB.WEB_APP_FORM", "place": "FLX_DEV_DATABASE.WEB.CUSTOMER_LOCATION_INFO"}

    def arrive(self, **files):
        """Puts the files, key → bytes, into the bucket."""
        resources = {}
        for name, (key, content) in files.items():
            file = self.project / "stacks/arrivals" / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
            resources[name] = {"type": "aws.s3_object", "bucket": f"flix-tweets-dev-{REGION}", "key": key, "file": name}
        self.write("stacks/arrivals/stack.yaml", json.dumps(
            {"stack": "arrivals", "defaults": {"aws": {"region": REGION}}, "resources": resources}))
        self.apply("arrivals", "--env", "dev", "--sandbox")

    def counts(self):
        rows = self.admin(*(f"SELECT COUNT(*) AS N FROM {table}" for table in self.TABLES.values()))
        return dict(zip(self.TABLES, (int(row[0]["N"]) for row in rows)))

    def test_each_file_arrives_in_its_own_table_and_nowhere_else(self):
        self.apply(*self.where())
        form = 'Bike,"Wheels, two",1299.50,2023-08-25 15:07:40.123456\n'
        place = {"ip": "203.0.113.9", "city": "Helsinki", "latitude": 60.17, "zip": None,
                 "location": {"geoname_id": 658225, "capital": "Helsinki", "is_eu": True, "calling_code": "358",
                              "languages": [{"code": "fi", "name": "Finnish"}, {"code": "sv", "name": "Swedish"}]}}
        self.assertEqual(self.counts(), {"cleansed": 0, "raw": 0, "form": 0, "place": 0})
        self.arrive(raw=("tweets/raw/answer.json", b'[{"id": "1"}, {"id": "2", "text": "hello"}]'))
        self.assertEqual(self.counts(), {"cleansed": 0, "raw": 2, "form": 0, "place": 0})
        self.arrive(raw=("tweets/raw/answer.json", b'[{"id": "1"}, {"id": "2", "text": "hello"}]'),
                    form=("data/web_app/form.csv.gz", gzip.compress(form.encode())))
        self.assertEqual(self.counts(), {"cleansed": 0, "raw": 2, "form": 1, "place": 0})
        self.arrive(raw=("tweets/raw/answer.json", b'[{"id": "1"}, {"id": "2", "text": "hello"}]'),
                    form=("data/web_app/form.csv.gz", gzip.compress(form.encode())),
                    place=("data/customer_location_info/visit.json", json.dumps(place).encode()),
                    other=("tweets/other/answer.json", b'[{"id": "3"}]'))
        self.assertEqual(self.counts(), {"cleansed": 0, "raw": 2, "form": 1, "place": 1})

        raw, form = self.admin(f"SELECT * FROM {self.TABLES['raw']}", f"SELECT * FROM {self.TABLES['form']}")
        self.assertEqual([json.loads(row["RAW_TWEET"]) for row in raw], [{"id": "1"}, {"id": "2", "text": "hello"}])
        self.assertTrue(all(row["LOADED_AT"] for row in raw))
        self.assertEqual((form[0]["PRODUCT_NAME"], form[0]["CATEGORY"], form[0]["PRICE"]),
                         ("Bike", "Wheels, two", "1299.50"))
        self.assertTrue(form[0]["INGESTION_TIME"])
        ((seen,),) = self.must("READER", "FLX_DEV_REPORTING", "SELECT * FROM FLX_DEV_DATABASE.WEB.VISITOR_LOCATIONS")
        self.assertEqual({name: cell for name, cell in seen.items() if cell is not None}, {
            "CITY": "Helsinki", "IP": "203.0.113.9", "LATITUDE": "60.17", "CALLING_CODE": "358", "CAPITAL": "Helsinki",
            "GEONAME_ID": "658225", "IS_EU": "true", "FIRST_LANGUAGE": "Finnish"})
        self.assertEqual(len(seen), 20)

    def test_a_line_of_too_many_fields_is_left_out_whole(self):
        self.apply(*self.where())
        lines = "Bike,Wheels,1,2023-08-25 15:07:40.0\nBike,Wheels,1,2023-08-25 15:07:40.0,more\n"
        self.arrive(form=("data/web_app/two.csv.gz", gzip.compress(lines.encode())))
        self.assertEqual(self.counts()["form"], 0)

    def test_members_that_are_missing_or_new_stop_nothing(self):
        # The sandbox reads no Parquet: the same records come as JSON, through the same select.
        self.edit(FILE, "      format_type: PARQUET\n", "      format_type: JSON\n")
        self.apply(*self.where())
        whole = {"is_retweet": False, "tweet_created_at": "2023-08-25 15:07:40.000000", "tweet_hasthags": ["flixbus"],
                 "tweet_id": "11", "tweet_text": "on the road", "user_followers_count": 5, "user_id": "7",
                 "user_location": "Ulm"}
        tweets = [whole, {**whole, "tweet_id": "12", "lang": "de"}, {"tweet_id": "13", "user_id": "8"}]
        key = "tweets/cleansed_tweets/2023_08_25__15_07_40_000000/2023_08_25__15_07_40_000000__cleansed_tweets.parquet"
        self.arrive(cleansed=(key, "\n".join(map(json.dumps, tweets)).encode()))
        self.assertEqual(self.counts(), {"cleansed": 3, "raw": 0, "form": 0, "place": 0})
        (rows,) = self.admin(f"SELECT * FROM {self.TABLES['cleansed']}")
        self.assertEqual([json.loads(row.pop("RAW_JSON")) for row in rows], tweets)
        moment = datetime.datetime(2023, 8, 25, 15, 7, 40, tzinfo=datetime.timezone.utc).timestamp()
        self.assertEqual(float(rows[0].pop("TWEET_CREATED_AT")), moment)
        self.assertEqual(rows[0], {
            "IS_RETWEET": "false", "TWEET_HASTHAGS": '["flixbus"]', "TWEET_ID": "11", "TWEET_TEXT": "on the road",
            "USER_FOLLOWERS_COUNT": "5", "USER_ID": "7", "USER_LOCATION": "Ulm"})
        self.assertEqual({name for name, cell in rows[2].items() if cell is not None}, {"TWEET_ID", "USER_ID"})


if __name__ == "__main__":
    unittest.main()
