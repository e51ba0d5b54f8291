// Keeping secrets out of what people read.
#include "core/value/scrub.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace firn {
namespace {

using Texts = std::vector<std::string>;

TEST(CollectSecrets, TakesTheLeavesOfWhatIsSecret) {
  Map pair;
  pair.set("user", "me");
  pair.set("number", 12345);
  const Value value = Map{{"plain", "seen"},
                          {"token", Value::secret("t0ken")},
                          {"items", List{Value::secret(Value(std::move(pair)))}},
                          {"sealed", Value::sealed_secret("hmac-sha256:00")}};
  Texts secrets;
  collect_secrets(value, secrets);
  std::ranges::sort(secrets);
  EXPECT_EQ(secrets, (Texts{"12345", "me", "t0ken"}));
}

struct ScrubCase {
  const char* what;
  const char* text;
  Texts secrets;
  const char* wanted;
};

TEST(WithoutSecrets, HidesThemHoweverTheyAreWritten) {
  const ScrubCase rows[] = {
      {"as they are", "value 'hunter2' is bad", {"hunter2"}, "value '(secret)' is bad"},
      {"more than once", "hunter2 hunter2", {"hunter2"}, "(secret) (secret)"},
      {"as JSON", R"({"a":"say \"hi\""})", {R"(say "hi")"}, R"j({"a":"(secret)"})j"},
      {"as JSON in JSON",
       R"("{\"a\":\"say \\\"hi\\\"\"}")",
       {R"(say "hi")"},
       R"j("{\"a\":\"(secret)\"}")j"},
      {"in a URL", "?password=a%2Fb%20c", {"a/b c"}, "?password=(secret)"},
      {"the longest first", "hunter2000", {"hunter2", "hunter2000"}, "(secret)"},
      {"not the shortest", "a cat", {"a"}, "a cat"},
      {"nothing to hide", "a cat", {}, "a cat"},
  };
  for (const ScrubCase& row : rows) {
    EXPECT_EQ(without_secrets(row.text, row.secrets), row.wanted) << row.what;
  }
}

TEST(Scrub, CoversEverythingThatACloudMayHaveSaid) {
  Error error;
  error.summary = "no hunter2";
  error.detail = "hunter2 is bad";
  error.remedy = "not hunter2";
  error.operation = "iam:CreateAccessKey";
  const Texts secrets{"hunter2"};
  scrub(error, secrets);
  EXPECT_EQ(error.summary, "no (secret)");
  EXPECT_EQ(error.detail, "(secret) is bad");
  EXPECT_EQ(error.remedy, "not (secret)");
  EXPECT_EQ(error.operation, "iam:CreateAccessKey");
}

}  // namespace
}  // namespace firn
