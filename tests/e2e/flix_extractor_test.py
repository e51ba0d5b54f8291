"""The code of the tweets pipeline's extractor, without network."""
import base64
import datetime
import importlib.util
import io
import re
import sys
import unittest
import urllib.parse

from firn_case import SOURCE
from flix_case import FILE, STACK


class FlixExtractor(unittest.TestCase):
    """The code of the function, without network and without Parquet."""

    @classmethod
    def setUpClass(cls):
        path = SOURCE / "stacks" / STACK / "functions/tweet_extractor/tweet_extractor.py"
        spec = importlib.util.spec_from_file_location("tweet_extractor", path)
        cls.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.module)

    def test_the_stamp_is_in_folder_and_name(self):
        moment = datetime.datetime(2023, 8, 5, 6, 7, 8, 90, tzinfo=datetime.timezone.utc)
        self.assertEqual(
            self.module.object_key("tweets/", moment),
            "tweets/2023_08_05__06_07_08_000090/2023_08_05__06_07_08_000090__cleansed_tweets.parquet")

    def test_eight_facts_of_each_tweet(self):
        page = {
            "data": [{"id": "11", "text": "RT hello", "author_id": "7", "created_at": "2023-08-25T17:07:40.500+02:00",
                      "entities": {"hashtags": [{"start": 0, "tag": "bus"}, {"start": 4, "tag": "ok"}]},
                      "referenced_tweets": [{"type": "retweeted", "id": "3"}]},
                     {"id": "12", "text": "hello", "author_id": "9",
                      "referenced_tweets": [{"type": "replied_to", "id": "3"}]}],
            "includes": {"users": [{"id": "7", "location": "Ulm", "public_metrics": {"followers_count": 5}}]}}
        first, second = self.module.cleansed(page)
        self.assertEqual(first, {
            "is_retweet": True, "tweet_created_at": "2023-08-25 15:07:40.500000", "tweet_hasthags": ["bus", "ok"],
            "tweet_id": "11", "tweet_text": "RT hello", "user_followers_count": 5, "user_id": "7",
            "user_location": "Ulm"})
        self.assertEqual(second, {
            "is_retweet": False, "tweet_created_at": None, "tweet_hasthags": [], "tweet_id": "12",
            "tweet_text": "hello", "user_followers_count": None, "user_id": "9", "user_location": None})

    def test_it_keeps_what_the_select_of_the_pipe_reads(self):
        stack = (SOURCE / FILE).read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"\$1:(\w+)::", stack)), set(self.module.facts({}, {})))

    def test_the_signature_is_that_of_rfc_5849(self):
        # The example of RFC 5849, section 1.2.
        parameters = {"file": "vacation.jpg", "size": "original", "oauth_consumer_key": "dpf43f3p2l4k3l03",
                      "oauth_token": "nnch734d00sl2jdk", "oauth_signature_method": "HMAC-SHA1",
                      "oauth_timestamp": "137131202", "oauth_nonce": "chapoH"}
        self.assertEqual(
            self.module.signature("GET", "http://photos.example.net/photos", parameters, "kd94hf93k423kf44",
                                  "pfkkdhi9sl3r4s00"), "MdpQcU8iPSUjWoN/UDMsK2sui9I=")

    def test_the_header_carries_no_secret(self):
        secret = {"consumer_key": "ck", "consumer_secret": "cs-hidden", "access_token": "at",
                  "access_token_secret": "ats-hidden"}
        header = self.module.authorization(self.module.SEARCH, {"query": "a b"}, secret, 1692976060, "n")
        self.assertTrue(header.startswith('OAuth oauth_consumer_key="ck", oauth_nonce="n", '))
        self.assertNotIn("hidden", header)
        value = urllib.parse.unquote(re.search(r'oauth_signature="([^"]+)"', header).group(1))
        self.assertEqual(len(base64.b64decode(value)), 20)

    def search(self, pages):
        asked = []

        def ask(query):
            asked.append(query)
            return pages[len(asked) - 1]

        since = datetime.datetime(2023, 8, 25, 6, 0, 0, tzinfo=datetime.timezone.utc)
        return asked, lambda: self.module.search("flixbus", since, ask)

    def test_all_pages_are_read(self):
        asked, run = self.search([
            {"data": [{"id": "1"}], "meta": {"next_token": "more"}}, {"data": [{"id": "2"}], "meta": {}}])
        self.assertEqual([fact["tweet_id"] for fact in run()], ["1", "2"])
        self.assertEqual([query.get("next_token") for query in asked], [None, "more"])
        self.assertEqual((asked[0]["query"], asked[0]["start_time"]), ("flixbus", "2023-08-25T06:00:00Z"))

    def test_no_tweet_is_a_failure(self):
        _, run = self.search([{"meta": {"result_count": 0}}])
        self.assertRaises(self.module.NoTweets, run)

    def test_parquet_holds_the_rows(self):
        if importlib.util.find_spec("pyarrow") is None:
            print("\n*** There is no pyarrow: WRITING PARQUET WAS NOT TRIED.", file=sys.stderr)
            self.skipTest("pyarrow is missing")
        import pyarrow.parquet

        rows = [self.module.facts({"id": "1", "text": "x"}, {}), self.module.facts({"id": "2", "author_id": "7"}, {})]
        table = pyarrow.parquet.read_table(io.BytesIO(self.module.parquet(rows)))
        self.assertEqual(table.to_pylist(), rows)


if __name__ == "__main__":
    unittest.main()
