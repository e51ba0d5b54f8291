"""The convex pipeline on the data that its description names: what its SQL makes of them, run in SQLite."""

import json
import unittest

from firn_case import FirnCase
from vault_in_sqlite import Vault

STACK = "convex-insurance"
VAULT = ["HUB_CUSTOMER", "SAT_CUSTOMER", "HUB_PRODUCT", "SAT_PRODUCT", "LINK_TRANSACTION", "SAT_TRANSACTION"]
STAGE = ["STG_CONVEX_TRANS_JSON", "STG_CONVEX_TRANSACTIONS", "STG_CONVEX_CUSTOMERS", "STG_CONVEX_PRODUCTS"]

CUSTOMERS = "customer_id,loyalty_score\nC1,7\nC2,4\n"
PRODUCTS = "product_id,product_description,product_category\nP1,car insurance,motor\nP2,van insurance,motor\nP3,home insurance,home\n"
# Three transactions, five lines of baskets; C1 buys P3 twice, at two times.
DAY = "".join(
    json.dumps({"customer_id": customer, "basket": basket, "date_of_purchase": when}) + "\n"
    for customer, when, basket in (
        ("C1", "2018-09-01 11:09:00", [{"product_id": "P3", "price": 506}, {"product_id": "P1", "price": 121.5}]),
        ("C2", "2018-09-01 12:00:00", [{"product_id": "P3", "price": 480}]),
        ("C1", "2018-09-01 18:30:00", [{"product_id": "P3", "price": 506}, {"product_id": "P2", "price": 88}]),
    )
)
FIRST_DAY = {"convex-transactions/d=2018-09-01/transactions.json": DAY}


class ConvexSql(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()
        self.vault = Vault(self.plan_steps(STACK, "--env", "local"))
        self.vault.put_snapshot("STAGE_CUSTOMERS_CSV", CUSTOMERS)
        self.vault.put_snapshot("STAGE_PRODUCTS_CSV", PRODUCTS)

    def test_one_run(self):
        self.vault.run(FIRST_DAY)
        self.assertEqual(self.vault.counts(STAGE), dict(zip(STAGE, (3, 5, 2, 3))))
        # Two customers, three products; four pairs of them, of which one twice.
        self.assertEqual(self.vault.counts(VAULT), dict(zip(VAULT, (2, 2, 3, 3, 4, 5))))
        pairs = self.vault.rows("SELECT COUNT(DISTINCT CUSTOMER_ID || '/' || PRODUCT_ID) FROM STG_CONVEX_TRANSACTIONS")
        self.assertEqual(pairs, [(4,)])
        self.assertEqual(self.vault.rows("SELECT COUNT(*) FROM V_STG_CONVEX_TRANSACTIONS"), [(5,)])
        self.assertEqual(self.vault.rows("SELECT SUM(PRICE) FROM FACT_TRANSACTIONS"), [(1701.5,)])
        self.assertEqual(
            self.vault.rows("SELECT * FROM DATASCIENCE_OUTPUT ORDER BY CUSTOMER_ID, PRODUCT_ID"),
            [("C1", 7, "P1", "motor", 1), ("C1", 7, "P2", "motor", 1), ("C1", 7, "P3", "home", 2), ("C2", 4, "P3", "home", 1)])
        self.counts_add_up()

    def counts_add_up(self):
        (counted,), (facts,) = (self.vault.rows(sql)[0] for sql in (
            "SELECT SUM(PURCHASE_COUNT) FROM DATASCIENCE_OUTPUT", "SELECT COUNT(*) FROM FACT_TRANSACTIONS"))
        self.assertEqual(counted, facts)

    def test_the_keys_are_hashes_of_the_business_keys(self):
        self.vault.run(FIRST_DAY)
        self.assertEqual(
            self.vault.rows("SELECT COUNT(*) FROM HUB_CUSTOMER WHERE HASH_CUSTOMER_ID = MD5(CUSTOMER_ID)"), [(2,)])
        self.assertEqual(
            self.vault.rows(
                "SELECT COUNT(*) FROM LINK_TRANSACTION l JOIN HUB_CUSTOMER c USING (HASH_CUSTOMER_ID) "
                "JOIN HUB_PRODUCT p USING (HASH_PRODUCT_ID) "
                "WHERE l.HASH_LINK_TRANSACTION_ID = MD5(c.CUSTOMER_ID || '|' || p.PRODUCT_ID)"), [(4,)])
        self.assertEqual(
            {source for (source,) in self.vault.rows(
                "SELECT REC_SOURCE FROM HUB_CUSTOMER UNION SELECT REC_SOURCE FROM LINK_TRANSACTION")}, {"CSV", "JSON"})

    def test_the_same_files_again_bring_nothing(self):
        self.vault.run(FIRST_DAY)
        before = self.vault.counts(STAGE + VAULT)
        self.vault.run(FIRST_DAY)
        self.assertEqual(self.vault.counts(STAGE + VAULT), before)

    def test_another_score_is_one_row_more_and_the_mart_shows_it(self):
        self.vault.run(FIRST_DAY)
        before = self.vault.counts(VAULT)
        self.vault.put_snapshot("STAGE_CUSTOMERS_CSV", CUSTOMERS.replace("C2,4", "C2,5"))
        self.vault.run(FIRST_DAY)
        self.assertEqual(self.vault.counts(VAULT), {**before, "SAT_CUSTOMER": before["SAT_CUSTOMER"] + 1})
        self.assertEqual(
            self.vault.rows("SELECT DISTINCT CUSTOMER_ID, LOYALTY_SCORE FROM DATASCIENCE_OUTPUT ORDER BY 1"),
            [("C1", 7), ("C2", 5)])
        self.counts_add_up()
        # A score with a fraction is kept whole, and is not new again in each run.
        self.vault.put_snapshot("STAGE_CUSTOMERS_CSV", CUSTOMERS.replace("C2,4", "C2,5.25"))
        again = self.vault.counts(VAULT)
        self.vault.run(FIRST_DAY)
        self.assertEqual(self.vault.counts(VAULT), again)

    def test_a_product_that_changes_and_one_that_comes(self):
        self.vault.run(FIRST_DAY)
        before = self.vault.counts(VAULT)
        self.vault.put_snapshot(
            "STAGE_PRODUCTS_CSV", PRODUCTS.replace("van insurance,motor", "van insurance,business") + "P4,pet insurance,home\n")
        self.vault.run(FIRST_DAY)
        self.assertEqual(self.vault.counts(VAULT), {
            **before, "HUB_PRODUCT": before["HUB_PRODUCT"] + 1, "SAT_PRODUCT": before["SAT_PRODUCT"] + 2})
        self.assertEqual(
            self.vault.rows("SELECT PRODUCT_CATEGORY FROM DIM_PRODUCT WHERE PRODUCT_BUSINESS_ID = 'P2'"), [("business",)])

    def test_a_second_day(self):
        self.vault.run(FIRST_DAY)
        before = self.vault.counts(VAULT)
        # A pair that is known, and in one basket a new pair twice: one link, one satellite row of it.
        later = {"customer_id": "C2", "date_of_purchase": "2018-09-02 09:00:00", "basket": [
            {"product_id": "P3", "price": 490}, {"product_id": "P1", "price": 130}, {"product_id": "P1", "price": 130}]}
        self.vault.run({**FIRST_DAY, "convex-transactions/d=2018-09-02/transactions.json": json.dumps(later)})
        self.assertEqual(self.vault.counts(VAULT), {
            **before, "LINK_TRANSACTION": before["LINK_TRANSACTION"] + 1,
            "SAT_TRANSACTION": before["SAT_TRANSACTION"] + 2})
        self.counts_add_up()


if __name__ == "__main__":
    unittest.main()
