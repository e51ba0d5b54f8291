// Tables: types as they are printed, and which changes a column takes.
#include <gtest/gtest.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

struct TypeRow {
  const char* declared;
  const char* printed;
};

TEST(Tables, TypesArePrintedInOneForm) {
  const TypeRow rows[] = {
      {"INT", "NUMBER(38,0)"},
      {"BIGINT", "NUMBER(38,0)"},
      {"NUMBER", "NUMBER(38,0)"},
      {"DECIMAL(10)", "NUMBER(10,0)"},
      {"NUMERIC(10, 2)", "NUMBER(10,2)"},
      {"FLOAT", "FLOAT"},
      {"DOUBLE PRECISION", "FLOAT"},
      {"REAL", "FLOAT"},
      {"STRING", "VARCHAR(16777216)"},
      {"TEXT", "VARCHAR(16777216)"},
      {"VARCHAR(20)", "VARCHAR(20)"},
      {"CHAR", "VARCHAR(1)"},
      {"CHAR VARYING", "VARCHAR(16777216)"},
      {"BINARY", "BINARY(8388608)"},
      {"VARBINARY(10)", "BINARY(10)"},
      {"BOOLEAN", "BOOLEAN"},
      {"DATE", "DATE"},
      {"TIME", "TIME(9)"},
      {"DATETIME", "TIMESTAMP_NTZ(9)"},
      {"TIMESTAMP", "TIMESTAMP_NTZ(9)"},
      {"TIMESTAMP_TZ(3)", "TIMESTAMP_TZ(3)"},
      {"TIMESTAMPLTZ", "TIMESTAMP_LTZ(9)"},
      {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_TZ(9)"},
      {"VARIANT", "VARIANT"},
      {"OBJECT", "OBJECT"},
      {"ARRAY", "ARRAY"},
      {"GEOGRAPHY", "GEOGRAPHY"},
      {"VECTOR(FLOAT, 3)", "VECTOR(FLOAT, 3)"},
  };
  Harness h;
  h.make_road();
  for (const auto& row : rows) {
    h.must(std::string("CREATE OR REPLACE TABLE D.S.X (C ") + row.declared + ")");
    EXPECT_EQ(h.must("DESC TABLE D.S.X").cell(0, "type"), row.printed) << row.declared;
  }
  h.expect_refused({
      {"unknown", "CREATE TABLE D.S.Y (C MONEY)", "002040", "42601",
       "Unsupported data type 'MONEY'."},
      {"39 digits", "CREATE TABLE D.S.Y (C NUMBER(39))", "001008", "22023", "invalid value [39]"},
      {"more behind the point than there are", "CREATE TABLE D.S.Y (C NUMBER(5,6))", "001008",
       "22023", "invalid value [6]"},
      {"too long a text", "CREATE TABLE D.S.Y (C VARCHAR(134217729))", "001008", "22023",
       "invalid value [134217729]"},
      {"no length", "CREATE TABLE D.S.Y (C VARCHAR(0))", "001008", "22023", "invalid value [0]"},
  });
}

TEST(Tables, DescribeTellsOfEachColumn) {
  Harness h;
  h.make_road();
  h.must(
      "CREATE TABLE D.S.X (ID NUMBER(10,0) NOT NULL PRIMARY KEY COMMENT 'key', "
      "NAME VARCHAR(20) DEFAULT 'a' UNIQUE, AT TIMESTAMP_LTZ DEFAULT current_timestamp(), "
      "\"odd one\" INT)");
  const auto shown = h.must("DESC TABLE D.S.X");
  EXPECT_EQ(shown.column("name"), (std::vector<std::string>{"ID", "NAME", "AT", "odd one"}));
  EXPECT_EQ(shown.column("null?"), (std::vector<std::string>{"N", "Y", "Y", "Y"}));
  EXPECT_EQ(shown.column("default"),
            (std::vector<std::string>{"<null>", "'a'", "CURRENT_TIMESTAMP()", "<null>"}));
  EXPECT_EQ(shown.column("primary key"), (std::vector<std::string>{"Y", "N", "N", "N"}));
  EXPECT_EQ(shown.column("unique key"), (std::vector<std::string>{"N", "Y", "N", "N"}));
  EXPECT_EQ(shown.look_up("name", "ID", "comment"), "key");
  EXPECT_EQ(shown.look_up("name", "ID", "kind"), "COLUMN");
}

TEST(Tables, BadColumnsAreRefused) {
  Harness h;
  h.make_road();
  h.expect_refused({
      {"a name twice", "CREATE TABLE D.S.Y (A INT, a INT)", "002025", "42S21",
       "duplicate column name 'A'"},
      {"no columns", "CREATE TABLE D.S.Y ()", "001003", "42000", "unexpected ')'"},
      {"a key of nothing", "CREATE TABLE D.S.Y (A INT, PRIMARY KEY (B))", "000904", "42000",
       "invalid identifier 'B'"},
      {"a text for a number", "CREATE TABLE D.S.Y (A INT DEFAULT 'x')", "002262", "22000",
       "Default value data type does not match"},
      {"a reserved word", "CREATE TABLE D.S.Y (SELECT INT)", "001003", "42000",
       "unexpected 'SELECT'"},
      {"clustered by nothing", "CREATE TABLE D.S.Y (A INT) CLUSTER BY (B)", "000904", "42000",
       "invalid identifier 'B'"},
  });
}

struct Change {
  const char* what;
  const char* from;
  const char* to;
  const char* reason;  // nullptr: it works
};

TEST(Tables, AColumnIsWidenedButNotNarrowed) {
  const Change rows[] = {
      {"longer text", "VARCHAR(10)", "VARCHAR(20)", nullptr},
      {"the longest", "VARCHAR(10)", "VARCHAR", nullptr},
      {"the same", "VARCHAR(10)", "VARCHAR(10)", nullptr},
      {"shorter text", "VARCHAR(20)", "VARCHAR(10)", "reducing the"},
      {"more digits", "NUMBER(10,2)", "NUMBER(12,2)", nullptr},
      {"fewer digits, still enough", "NUMBER(10,2)", "NUMBER(5,2)", nullptr},
      {"fewer digits than there are", "NUMBER(10,2)", "NUMBER(4,2)", "do not fit"},
      {"another scale", "NUMBER(10,2)", "NUMBER(10,3)", "changing the scale"},
      {"another family", "VARCHAR(10)", "NUMBER(10,0)", "incompatible types"},
      {"a number to a text", "NUMBER(10,2)", "VARCHAR", "incompatible types"},
      {"another zone", "TIMESTAMP_NTZ", "TIMESTAMP_TZ", "incompatible types"},
      {"bytes", "BINARY(10)", "BINARY(20)", "length"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    Harness h;
    h.make_road();
    h.must(std::string("CREATE TABLE D.S.X (C ") + row.from + ")");
    if (std::string(row.from).starts_with("NUMBER")) h.must("INSERT INTO D.S.X VALUES (123.45)");
    const auto before = h.must("DESC TABLE D.S.X").cell(0, "type");
    const auto alter = std::string("ALTER TABLE D.S.X ALTER COLUMN C SET DATA TYPE ") + row.to;
    if (row.reason) {
      h.expect_refused({{row.what, alter, "002108", "22000", row.reason}});
      h.expect_refused({{row.what, alter, "002108", "22000", "cannot change column C from type"}});
      EXPECT_EQ(h.must("DESC TABLE D.S.X").cell(0, "type"), before);
    } else {
      h.must(alter);
      h.must(std::string("CREATE TABLE D.S.Y (C ") + row.to + ")");
      EXPECT_EQ(h.must("DESC TABLE D.S.X").cell(0, "type"),
                h.must("DESC TABLE D.S.Y").cell(0, "type"));
    }
  }
}

TEST(Tables, ColumnsAreAddedAndFilled) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.X (A INT)");
  h.must("ALTER TABLE D.S.X ADD COLUMN B VARCHAR(5) NOT NULL");  // empty: nothing to fill
  h.must("INSERT INTO D.S.X VALUES (1, 'b')");
  h.must("ALTER TABLE D.S.X ADD COLUMN C VARCHAR DEFAULT 'c' COMMENT 'third', D INT");
  h.must("ALTER TABLE D.S.X ADD COLUMN IF NOT EXISTS C INT");
  const auto row = h.must("SELECT A, B, C, D FROM D.S.X");
  EXPECT_EQ(row.cell(0, "C"), "c");
  EXPECT_EQ(row.cell(0, "D"), "<null>");
  EXPECT_EQ(h.must("DESC TABLE D.S.X").column("name"),
            (std::vector<std::string>{"A", "B", "C", "D"}));
  h.expect_refused({
      {"again", "ALTER TABLE D.S.X ADD COLUMN C INT", "001430", "42601",
       "column 'C' already exists"},
      {"not null for rows that are there", "ALTER TABLE D.S.X ADD COLUMN E INT NOT NULL", "001425",
       "22000", "Non-nullable column 'E' cannot be added to non-empty table 'X'"},
      {"the default that filled them", "ALTER TABLE D.S.X ALTER COLUMN C DROP DEFAULT", "000002",
       "0A000", "Unsupported feature"},
  });
}

TEST(Tables, NullsDecideAboutNotNull) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.X (A INT, B INT PRIMARY KEY)");
  h.must("INSERT INTO D.S.X VALUES (NULL, 1)");
  h.expect_refused({
      {"with a null", "ALTER TABLE D.S.X ALTER COLUMN A SET NOT NULL", "100072", "22000",
       "NULL result in a non-nullable column"},
      {"of a key", "ALTER TABLE D.S.X ALTER COLUMN B DROP NOT NULL", "001425", "22000",
       "primary key"},
      {"a null for a key", "INSERT INTO D.S.X VALUES (1, NULL)", "100072", "22000",
       "NULL result in a non-nullable column"},
  });
  h.must("CREATE OR REPLACE TABLE D.S.X (A INT, B INT)");
  h.must("ALTER TABLE D.S.X ALTER COLUMN A SET NOT NULL");
  EXPECT_EQ(h.must("DESC TABLE D.S.X").cell(0, "null?"), "N");
  h.must("ALTER TABLE D.S.X MODIFY COLUMN A DROP NOT NULL");
  EXPECT_EQ(h.must("DESC TABLE D.S.X").cell(0, "null?"), "Y");
}

TEST(Tables, DefaultsCannotBePutLater) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.X (A INT DEFAULT 1)");
  h.expect_refused({{"another", "ALTER TABLE D.S.X ALTER COLUMN A SET DEFAULT 2", "000002", "0A000",
                     "Unsupported feature"}});
  h.must("ALTER TABLE D.S.X ALTER COLUMN A DROP DEFAULT");
  EXPECT_EQ(h.must("DESC TABLE D.S.X").cell(0, "default"), "<null>");
}

TEST(Tables, ColumnsAreRenamedAndDropped) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.X (A INT, B INT, C INT) CLUSTER BY (C)");
  h.must("INSERT INTO D.S.X VALUES (1, 2, 3)");
  h.must("ALTER TABLE D.S.X RENAME COLUMN A TO \"a\"");
  h.expect_refused({
      {"rename to one that is there", "ALTER TABLE D.S.X RENAME COLUMN B TO C", "001430", "42601",
       "column 'C' already exists"},
      {"drop of none", "ALTER TABLE D.S.X DROP COLUMN A", "000904", "42000",
       "invalid identifier 'A'"},
      {"drop of the clustering key", "ALTER TABLE D.S.X DROP COLUMN C", "001425", "22000",
       "clustering key"},
  });
  h.must("ALTER TABLE D.S.X DROP COLUMN IF EXISTS A");
  h.must("ALTER TABLE D.S.X DROP COLUMN B");
  EXPECT_EQ(h.must("SELECT * FROM D.S.X").column_names(), (std::vector<std::string>{"a", "C"}));
  EXPECT_EQ(h.must("SELECT C FROM D.S.X").cell(0, "C"), "3");
  h.must("ALTER TABLE D.S.X DROP CLUSTERING KEY");
  h.must("ALTER TABLE D.S.X DROP COLUMN C");
  h.expect_refused(
      {{"the last one", "ALTER TABLE D.S.X DROP COLUMN \"a\"", "001425", "22000", "the last one"}});
}

TEST(Tables, AFailingChangeOfManyChangesNone) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.X (A VARCHAR(10), B VARCHAR(10))");
  h.expect_refused(
      {{"one wide, one narrow",
        "ALTER TABLE D.S.X ALTER (COLUMN A TYPE VARCHAR(20), COLUMN B TYPE VARCHAR(5))", "002108",
        "22000", "column B"}});
}

TEST(Tables, PrimaryKeysAreShownAndChanged) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.X (A INT, B INT)");
  h.must("ALTER TABLE D.S.X ADD PRIMARY KEY (B, A)");
  EXPECT_EQ(h.must("SHOW PRIMARY KEYS IN TABLE D.S.X").column("column_name"),
            (std::vector<std::string>{"B", "A"}));
  h.expect_refused({{"a second", "ALTER TABLE D.S.X ADD PRIMARY KEY (A)", "002171", "42601",
                     "Primary key already exists"}});
  h.must("ALTER TABLE D.S.X DROP PRIMARY KEY");
  EXPECT_EQ(h.must("SHOW PRIMARY KEYS IN TABLE D.S.X").rows(), 0u);
}

TEST(Tables, UniqueKeysAreShownAndChanged) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.X (A INT UNIQUE, B INT, C INT, UNIQUE (C, B))");
  h.must("ALTER TABLE D.S.X ADD UNIQUE (B)");
  h.must("ALTER TABLE D.S.X ADD COLUMN E INT UNIQUE");
  const auto shown = h.must("SHOW UNIQUE KEYS IN SCHEMA D.S");
  EXPECT_EQ(shown.column("column_name"), (std::vector<std::string>{"A", "C", "B", "B", "E"}));
  EXPECT_EQ(shown.column("key_sequence"), (std::vector<std::string>{"1", "1", "2", "1", "1"}));
  EXPECT_EQ(shown.column("constraint_name")[1], shown.column("constraint_name")[2]);
  EXPECT_NE(shown.column("constraint_name")[2], shown.column("constraint_name")[3]);
  EXPECT_EQ(h.must("DESC TABLE D.S.X").column("unique key"),
            (std::vector<std::string>{"Y", "Y", "Y", "Y"}));

  h.expect_refused({
      {"of a column that is not there", "ALTER TABLE D.S.X ADD UNIQUE (Q)", "000904", "42000",
       "invalid identifier 'Q'"},
      {"that is there", "ALTER TABLE D.S.X ADD UNIQUE (B)", "002172", "42601", "already exists"},
      {"that is not there", "ALTER TABLE D.S.X DROP UNIQUE (C)", "002174", "42601",
       "does not exist"},
  });

  h.must("CREATE TABLE D.S.Y (A INT, B INT, FOREIGN KEY (A) REFERENCES D.S.X (A))");
  h.must("ALTER TABLE D.S.Y ADD FOREIGN KEY (B) REFERENCES D.S.X (B)");
  h.must("ALTER TABLE D.S.X DROP UNIQUE (B)");
  EXPECT_EQ(h.must("SHOW IMPORTED KEYS IN TABLE D.S.Y").column("fk_column_name"),
            (std::vector<std::string>{"A"}));
  h.must("ALTER TABLE D.S.X DROP COLUMN C");
  EXPECT_EQ(h.must("SHOW UNIQUE KEYS IN TABLE D.S.X").column("column_name"),
            (std::vector<std::string>{"A", "E"}));
}

TEST(Tables, NumberedColumnsAreShown) {
  Harness h;
  h.make_road();
  h.must(
      "CREATE TABLE D.S.X (A INT IDENTITY, B INT AUTOINCREMENT(5, -2), "
      "C NUMBER(10) IDENTITY START 7 INCREMENT 3 COMMENT 'c', E VARCHAR)");
  const auto shown = h.must("SHOW COLUMNS IN TABLE D.S.X");
  EXPECT_EQ(shown.column("autoincrement"),
            (std::vector<std::string>{"IDENTITY START 1 INCREMENT 1 NOORDER",
                                      "IDENTITY START 5 INCREMENT -2 NOORDER",
                                      "IDENTITY START 7 INCREMENT 3 NOORDER", ""}));
  EXPECT_EQ(shown.column("default"), (std::vector<std::string>{"", "", "", ""}));
  h.expect_refused({
      {"a text", "CREATE TABLE D.S.Y (A VARCHAR IDENTITY(1, 1))", "001404", "42601",
       "Data type of identity column 'A'"},
      {"with a fraction", "CREATE TABLE D.S.Y (A NUMBER(5, 2) IDENTITY(1, 1))", "001404", "42601",
       "Data type of identity column 'A'"},
      {"standing still", "CREATE TABLE D.S.Y (A INT IDENTITY(1, 0))", "001008", "22023",
       "invalid value [0]"},
  });
}

TEST(Tables, ForeignKeysAreShownAndChanged) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.HUB (ID INT PRIMARY KEY, NICK VARCHAR UNIQUE, NOTE VARCHAR)");
  h.must("CREATE TABLE D.S.PAIRS (A INT, B INT, PRIMARY KEY (B, A))");
  h.must(
      "CREATE TABLE D.S.X (ID INT, A INT, B INT, NICK VARCHAR, "
      "CONSTRAINT TO_HUB FOREIGN KEY (ID) REFERENCES D.S.HUB)");
  h.must("ALTER TABLE D.S.X ADD FOREIGN KEY (A, B) REFERENCES D.S.PAIRS (B, A)");
  h.must("ALTER TABLE D.S.X ADD FOREIGN KEY (NICK) REFERENCES D.S.HUB (NICK)");
  const auto shown = h.must("SHOW IMPORTED KEYS IN DATABASE D");
  EXPECT_EQ(shown.column("pk_table_name"),
            (std::vector<std::string>{"HUB", "PAIRS", "PAIRS", "HUB"}));
  EXPECT_EQ(shown.column("pk_column_name"), (std::vector<std::string>{"ID", "B", "A", "NICK"}));
  EXPECT_EQ(shown.column("fk_table_name"), (std::vector<std::string>{"X", "X", "X", "X"}));
  EXPECT_EQ(shown.column("fk_column_name"), (std::vector<std::string>{"ID", "A", "B", "NICK"}));
  EXPECT_EQ(shown.column("key_sequence"), (std::vector<std::string>{"1", "1", "2", "1"}));
  EXPECT_EQ(shown.column("fk_name").front(), "TO_HUB");
  EXPECT_EQ(h.must("SHOW IMPORTED KEYS IN TABLE D.S.HUB").rows(), 0u);

  h.expect_refused({
      {"of a column that is not there", "ALTER TABLE D.S.X ADD FOREIGN KEY (C) REFERENCES D.S.HUB",
       "000904", "42000", "invalid identifier 'C'"},
      {"to nothing", "ALTER TABLE D.S.X ADD FOREIGN KEY (B) REFERENCES D.S.NONE", "002003", "42S02",
       "Object 'D.S.NONE'"},
      {"to what is no key", "ALTER TABLE D.S.X ADD FOREIGN KEY (NICK) REFERENCES D.S.HUB (NOTE)",
       "002193", "42601", "does not match a primary or unique key"},
      {"to a part of a key", "ALTER TABLE D.S.X ADD FOREIGN KEY (B) REFERENCES D.S.PAIRS (B)",
       "002193", "42601", "does not match a primary or unique key"},
      {"that is there", "ALTER TABLE D.S.X ADD FOREIGN KEY (NICK) REFERENCES D.S.HUB (NICK)",
       "002172", "42601", "already exists"},
      {"that is not there", "ALTER TABLE D.S.X DROP FOREIGN KEY (B)", "002174", "42601",
       "does not exist"},
  });

  h.must("ALTER TABLE D.S.X DROP FOREIGN KEY (NICK)");
  EXPECT_EQ(h.must("SHOW IMPORTED KEYS IN SCHEMA D.S").rows(), 3u);
  // What they lead to takes them along.
  h.must("ALTER TABLE D.S.PAIRS DROP PRIMARY KEY");
  EXPECT_EQ(h.must("SHOW IMPORTED KEYS IN SCHEMA D.S").column("fk_name"),
            (std::vector<std::string>{"TO_HUB"}));
  h.must("DROP TABLE D.S.HUB");
  EXPECT_EQ(h.must("SHOW IMPORTED KEYS IN SCHEMA D.S").rows(), 0u);
}

TEST(Tables, AForeignKeyNeedsAPrivilegeOnWhatItLeadsTo) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.HUB (ID INT PRIMARY KEY)");
  h.must("CREATE ROLE MAKER");
  for (const auto* grant : {"USAGE ON DATABASE D", "USAGE ON SCHEMA D.S",
                            "CREATE TABLE ON SCHEMA D.S", "SELECT ON TABLE D.S.HUB"}) {
    h.must(std::string("GRANT ") + grant + " TO ROLE MAKER");
  }
  h.must("GRANT ROLE MAKER TO ROLE DEPLOYER_ROLE");
  h.expect_refused(
      {{"without it", "CREATE TABLE D.S.X (ID INT, FOREIGN KEY (ID) REFERENCES D.S.HUB)", "003001",
        "42501", "Insufficient privileges", "MAKER"}});
}

TEST(Tables, AViewHasTheColumnsItHadWhenMade) {
  Harness h;
  h.make_road();
  h.must("CREATE VIEW D.S.VW AS SELECT * FROM D.S.T");
  h.must("ALTER TABLE D.S.T ADD COLUMN LATER INT");
  EXPECT_EQ(h.must("DESC VIEW D.S.VW").column("name"), (std::vector<std::string>{"A", "N", "V"}));
  EXPECT_EQ(h.must("DESC VIEW D.S.VW").look_up("name", "N", "type"), "NUMBER(10,2)");
  h.expect_refused({
      {"of nothing", "CREATE VIEW D.S.X AS SELECT * FROM D.S.NONE", "002003", "42S02",
       "Object 'D.S.NONE'"},
      {"too few names", "CREATE VIEW D.S.X (ONE) AS SELECT A, N FROM D.S.T", "002051", "42601",
       "Invalid number of columns"},
      {"a name twice", "CREATE VIEW D.S.X AS SELECT A, N AS A FROM D.S.T", "002025", "42S21",
       "duplicate column name 'A'"},
  });
}

// The cells of one row, in the order of the columns.
std::vector<std::string> first_row(const Answer& answer) {
  std::vector<std::string> cells;
  for (const auto& name : answer.column_names())
    cells.push_back(answer.cell(0, name));
  return cells;
}

// Rows of D.S.T, from a file with their members.
void arrive(Harness& h, const std::string& rows) {
  h.must(
      "CREATE PIPE D.S.P AUTO_INGEST = TRUE AS COPY INTO D.S.T (A, V) FROM "
      "(SELECT $1:a::VARCHAR, $1:v FROM @D.S.ST)");
  h.arrive("in/rows.json", rows);
}

TEST(Tables, MembersOfAVariantAreSelected) {
  Harness h;
  h.make_road();
  arrive(h, R"([{"a": "x", "v": {"city": "Ulm", "at": {"zip": 89073, "in": [{"name": "de"}]}}}])");
  struct Row {
    const char* what;
    const char* items;
    std::vector<std::string> cells;
  };
  for (const Row& row : std::vector<Row>{
           {"cast", "V:city::VARCHAR AS CITY, V:at.zip::NUMBER AS ZIP", {"Ulm", "89073"}},
           {"as they are", "V:city, V:at.in[0]", {"\"Ulm\"", R"({"name":"de"})"}},
           {"of a list", "V:at.in[0].name::VARCHAR, V:at.in[1].name::VARCHAR", {"de", "<null>"}},
           {"in another case", "V:CITY::VARCHAR, A", {"<null>", "x"}},
           {"before a star",
            "V:city::VARCHAR AS CITY, *",
            {"Ulm", "x", "<null>", R"({"at":{"in":[{"name":"de"}],"zip":89073},"city":"Ulm"})"}},
       }) {
    const auto sql = std::string("SELECT ") + row.items + " FROM D.S.T";
    EXPECT_EQ(first_row(h.must(sql)), row.cells) << row.what;
  }
  h.expect_refused({{"of no such kind", "SELECT V:city::NUMBER FROM D.S.T", "100038", "22018",
                     "Numeric value 'Ulm' is not recognized"}});
}

TEST(Tables, AViewAnswersAsItsOwner) {
  Harness h;
  h.make_road();
  arrive(h, R"([{"a": "x", "v": {"city": "Ulm"}}, {"a": "y", "v": {}}])");
  h.must("CREATE VIEW D.S.VW (WHO, PLACE) AS SELECT A, V:city::VARCHAR FROM T WHERE A = 'x'");
  h.must("CREATE VIEW D.S.OVER AS SELECT PLACE AS CITY FROM D.S.VW");
  h.must("CREATE ROLE READER");
  h.must("GRANT ROLE READER TO USER DEPLOYER");
  h.must("GRANT USAGE ON DATABASE D TO ROLE READER");
  h.must("GRANT USAGE ON SCHEMA D.S TO ROLE READER");
  h.must("GRANT SELECT ON VIEW D.S.OVER TO ROLE READER");
  EXPECT_EQ(first_row(h.must("SELECT * FROM D.S.VW")), (std::vector<std::string>{"x", "Ulm"}));
  EXPECT_EQ(h.must("SELECT CITY FROM D.S.OVER", "READER").column("CITY"),
            std::vector<std::string>{"Ulm"});
  h.must("CREATE VIEW D.S.WIDE AS SELECT * FROM D.S.T");
  h.must("CREATE VIEW D.S.SUMS AS SELECT A, COUNT(*) AS C FROM D.S.T GROUP BY A");
  h.must("ALTER TABLE D.S.T ADD COLUMN LATER INT");
  h.expect_refused({
      {"what is below it", "SELECT * FROM D.S.VW", "002003", "42S02", "does not exist", "READER"},
      {"a table that has grown", "SELECT * FROM D.S.WIDE", "002057", "42601",
       "declared 3 column(s), but view query produces 4"},
      {"a query that is not run here", "SELECT * FROM D.S.SUMS", "001003", "42000",
       "firn sandbox does not know"},
  });
}

}  // namespace
}  // namespace firn::sandbox
