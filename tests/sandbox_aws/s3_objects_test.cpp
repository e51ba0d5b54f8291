// Objects: bytes in, bytes out; versions, conditions, batches, lists.
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

class S3ObjectsTest : public FileTest {
 protected:
  S3ObjectsTest() { EXPECT_OK(create_bucket("lake")); }

  void version() {
    EXPECT_OK(
        aws->s3("PUT", "lake", "/?versioning",
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"));
  }
  Reply put(const std::string& key, const std::string& body, const Headers& headers = {}) {
    return aws->s3("PUT", "lake", "/" + percent_encode(key, true), body, headers);
  }
  Reply get(const std::string& key, const Headers& headers = {}) {
    return aws->s3("GET", "lake", "/" + percent_encode(key, true), "", headers);
  }
};

TEST_F(S3ObjectsTest, BytesComeBackAsTheyWent) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i)
    every_byte += static_cast<char>(i);
  for (const std::string& key : {std::string("a"), std::string("a b/ü+&=?#.json"),
                                 std::string("deep/er/still"), std::string(1024, 'k')}) {
    const Reply made = put(key, every_byte);
    EXPECT_EQ(made.status, 200) << made;
    EXPECT_EQ(made.headers.get("etag"), "\"" + hex(md5(every_byte)) + "\"");
    EXPECT_EQ(get(key).body, every_byte) << key;
  }
  expect_refused("key of 1025 bytes", [&] { return put(std::string(1025, 'k'), "x"); },
                 {400, "KeyTooLongError", "Your key is too long", "s3"});
}

TEST_F(S3ObjectsTest, HeadersTellOfTheObject) {
  EXPECT_OK(put("a.json", "{}", {{"Content-Type", "application/json"}, {"x-amz-meta-Run", "7"}}));
  const Reply head = aws->s3("HEAD", "lake", "/a.json", "", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(head.headers.get("content-type"), "application/json");
  EXPECT_EQ(head.headers.get("content-length"), "2");
  EXPECT_EQ(head.headers.get("x-amz-meta-run"), "7");
  EXPECT_EQ(head.headers.get("x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(head.headers.get("x-amz-checksum-sha256"), base64(sha256("{}")));
  EXPECT_EQ(head.headers.get("x-amz-version-id"), "");
  EXPECT_EQ(head.headers.get("last-modified"), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_OK(put("b", "x"));
  EXPECT_EQ(get("b").headers.get("content-type"), "binary/octet-stream");
}

TEST_F(S3ObjectsTest, AMissingKeyIsToldOnlyToThoseWhoMayList) {
  expect_refused("to the owner", [&] { return get("none"); },
                 {404, "NoSuchKey", "<Key>none</Key>", "s3"});
  const Reply head = aws->s3("HEAD", "lake", "/none");
  EXPECT_EQ(head.status, 404);
  EXPECT_TRUE(head.body.empty());
  expect_refused("to a stranger", [&] { return other->s3("GET", "lake", "/none"); },
                 {403, "AccessDenied", "s3:GetObject", "s3"});
}

struct Condition {
  const char* what;
  const char* key;
  Headers headers;
  int status;
  const char* code;
  const char* message;
};

TEST_F(S3ObjectsTest, WritesCanBeConditional) {
  EXPECT_OK(put("there", "1"));
  const std::string etag = "\"" + hex(md5("1")) + "\"";
  const Condition rows[] = {
      {"only when new, and it is not",
       "there",
       {{"If-None-Match", "*"}},
       412,
       "PreconditionFailed",
       "<Condition>If-None-Match</Condition>"},
      {"only over another version",
       "there",
       {{"If-Match", "\"abc\""}},
       412,
       "PreconditionFailed",
       "<Condition>If-Match</Condition>"},
      {"only over one that is not there", "none", {{"If-Match", etag}}, 404, "NoSuchKey", "none"},
      {"none of these",
       "there",
       {{"If-None-Match", etag}},
       501,
       "NotImplemented",
       "<Header>If-None-Match</Header>"},
      {"over anything",
       "there",
       {{"If-Match", "*"}},
       501,
       "NotImplemented",
       "<Header>If-Match</Header>"},
  };
  for (const Condition& row : rows) {
    expect_refused(row.what, [&] { return put(row.key, "2", row.headers); },
                   {row.status, row.code, row.message, "s3"});
  }
  EXPECT_OK(put("new", "2", {{"If-None-Match", "*"}}));
  EXPECT_OK(put("there", "2", {{"If-Match", etag}}));
  EXPECT_EQ(get("there").body, "2");
  expect_refused("a delete of another version",
                 [&] {
                   return aws->s3("DELETE", "lake", "/there", "", {{"If-Match", etag}});
                 },
                 {412, "PreconditionFailed", "If-Match", "s3"});
}

TEST_F(S3ObjectsTest, ReadsCanBeConditional) {
  EXPECT_OK(put("a", "1"));
  const std::string etag = "\"" + hex(md5("1")) + "\"";
  EXPECT_EQ(get("a", {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(get("a", {{"If-Match", etag}}).status, 200);
  EXPECT_REFUSED(get("a", {{"If-Match", "\"x\""}}), 412, "PreconditionFailed", "");
}

TEST_F(S3ObjectsTest, ABodyThatDoesNotFitItsDigestIsRefused) {
  expect_refused("MD5",
                 [&] {
                   return put("a", "x", {{"Content-MD5", base64(md5("y"))}});
                 },
                 {400, "BadDigest", "Content-MD5", "s3"});
  expect_refused("SHA-256",
                 [&] {
                   return put("a", "x", {{"x-amz-checksum-sha256", base64(sha256("y"))}});
                 },
                 {400, "BadDigest", "SHA256", "s3"});
  EXPECT_OK(put("a", "123456789", {{"x-amz-checksum-crc32", "y/Q5Jg=="}}));  // 0xCBF43926
  expect_refused("CRC-32",
                 [&] {
                   return put("a", "x", {{"x-amz-checksum-crc32", "y/Q5Jg=="}});
                 },
                 {400, "BadDigest", "CRC32", "s3"});
}

TEST_F(S3ObjectsTest, OldVersionsStayUntilTheyAreDeletedByTheirId) {
  EXPECT_OK(put("a", "before versioning"));
  version();
  const std::string one = put("a", "1").headers.get("x-amz-version-id");
  const std::string two = put("a", "2").headers.get("x-amz-version-id");
  EXPECT_NE(one, two);
  EXPECT_EQ(get("a").body, "2");
  EXPECT_EQ(aws->s3("GET", "lake", "/a?versionId=" + one).body, "1");
  EXPECT_EQ(aws->s3("GET", "lake", "/a?versionId=null").body, "before versioning");

  const Reply deleted = aws->s3("DELETE", "lake", "/a");
  EXPECT_EQ(deleted.status, 204);
  EXPECT_EQ(deleted.headers.get("x-amz-delete-marker"), "true");
  const std::string marker = deleted.headers.get("x-amz-version-id");
  const Reply gone = get("a");
  EXPECT_REFUSED(gone, 404, "NoSuchKey", "a");
  EXPECT_EQ(gone.headers.get("x-amz-delete-marker"), "true");
  expect_refused("the marker itself",
                 [&] { return aws->s3("GET", "lake", "/a?versionId=" + marker); },
                 {405, "MethodNotAllowed", "not allowed", "s3"});
  expect_refused("no such version", [&] { return aws->s3("GET", "lake", "/a?versionId=zzz"); },
                 {404, "NoSuchVersion", "<VersionId>zzz</VersionId>", "s3"});
  // Without its marker the object is back.
  EXPECT_EQ(aws->s3("DELETE", "lake", "/a?versionId=" + marker).status, 204);
  EXPECT_EQ(get("a").body, "2");
  EXPECT_EQ(aws->s3("DELETE", "lake", "/a?versionId=" + two).status, 204);
  EXPECT_EQ(get("a").body, "1");
}

TEST_F(S3ObjectsTest, SuspendedVersioningWritesTheNullVersion) {
  version();
  EXPECT_OK(put("a", "kept"));
  EXPECT_OK(aws->s3("PUT", "lake", "/?versioning",
                    "<VersioningConfiguration><Status>Suspended</Status>"
                    "</VersioningConfiguration>"));
  EXPECT_EQ(put("a", "1").headers.get("x-amz-version-id"), "null");
  EXPECT_EQ(put("a", "2").headers.get("x-amz-version-id"), "null");
  const Reply versions = aws->s3("GET", "lake", "/?versions");
  std::size_t count = 0;
  for (auto at = versions.body.find("<Version>"); at != std::string::npos;
       at = versions.body.find("<Version>", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 2u) << versions;
}

TEST_F(S3ObjectsTest, DeletingWhatIsNotThereIsNoError) {
  EXPECT_EQ(aws->s3("DELETE", "lake", "/none").status, 204);
}

TEST_F(S3ObjectsTest, ABatchDeletesManyAndTellsOfEach) {
  version();
  const std::string id = put("a", "1").headers.get("x-amz-version-id");
  EXPECT_OK(put("b", "1"));
  const std::string body = fmt::format(
      "<Delete><Object><Key>a</Key><VersionId>{}</VersionId></Object>"
      "<Object><Key>b</Key></Object><Object><Key>none</Key></Object></Delete>",
      id);
  const Reply answer = aws->s3("POST", "lake", "/?delete", body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.contains("<Deleted><Key>a</Key><VersionId>" + id));
  EXPECT_TRUE(answer.contains("<Key>b</Key><DeleteMarker>true</DeleteMarker>")) << answer;
  EXPECT_FALSE(answer.contains("<Error>"));
  const Reply quiet = aws->s3("POST", "lake", "/?delete",
                              "<Delete><Quiet>true</Quiet><Object><Key>x</Key></Object></Delete>");
  EXPECT_FALSE(quiet.contains("<Deleted>")) << quiet;
}

TEST_F(S3ObjectsTest, BadBatchesAreRefused) {
  EXPECT_OK(put("a", "1"));
  std::string many = "<Delete>";
  for (int i = 0; i < 1001; ++i)
    many += fmt::format("<Object><Key>k{}</Key></Object>", i);
  many += "</Delete>";
  const std::string one = "<Delete><Object><Key>a</Key></Object></Delete>";
  expect_refused("more than 1000", [&] { return aws->s3("POST", "lake", "/?delete", many); },
                 {400, "MalformedXML", "", "s3"});
  expect_refused("none", [&] { return aws->s3("POST", "lake", "/?delete", "<Delete/>"); },
                 {400, "MalformedXML", "", "s3"});
  expect_refused("no checksum",
                 [&] {
                   return aws->s3("POST", "lake", "/?delete", one, {{"Content-MD5", ""}});
                 },
                 {400, "InvalidRequest", "Missing required header", "s3"});
}

TEST_F(S3ObjectsTest, AKeyThatMayNotBeDeletedIsToldInsideTheAnswer) {
  EXPECT_OK(aws->s3(
      "PUT", "lake", "/?policy",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::lake/kept/*"}]})"));
  EXPECT_OK(put("kept/a", "1"));
  EXPECT_OK(put("b", "1"));
  const Reply answer = aws->s3("POST", "lake", "/?delete",
                               "<Delete><Object><Key>kept/a</Key></Object>"
                               "<Object><Key>b</Key></Object></Delete>");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.contains("<Error><Key>kept/a</Key><Code>AccessDenied</Code>")) << answer;
  EXPECT_TRUE(answer.contains("<Deleted><Key>b</Key>"));
  EXPECT_EQ(get("kept/a").body, "1");
}

std::vector<std::string> all_of(const Reply& reply, const std::string& name) {
  std::vector<std::string> texts;
  const std::string open = "<" + name + ">";
  for (auto at = reply.body.find(open); at != std::string::npos;
       at = reply.body.find(open, at + 1)) {
    const auto begin = at + open.size();
    texts.push_back(reply.body.substr(begin, reply.body.find("</", begin) - begin));
  }
  return texts;
}

TEST_F(S3ObjectsTest, ListsComeInPagesAndFolders) {
  for (const char* key : {"a/1", "a/2", "b/1", "c"})
    EXPECT_OK(put(key, "x"));
  using Texts = std::vector<std::string>;
  EXPECT_EQ(all_of(aws->s3("GET", "lake", "/?list-type=2"), "Key"),
            (Texts{"a/1", "a/2", "b/1", "c"}));
  EXPECT_EQ(all_of(aws->s3("GET", "lake", "/?list-type=2&prefix=a%2F"), "Key"),
            (Texts{"a/1", "a/2"}));
  const Reply folders = aws->s3("GET", "lake", "/?delimiter=%2F&list-type=2");
  EXPECT_EQ(all_of(folders, "Key"), (Texts{"c"}));
  EXPECT_TRUE(folders.contains("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"));
  EXPECT_EQ(folders.xml("KeyCount"), "3");

  Texts seen;
  std::string token;
  for (int page = 0; page < 4; ++page) {
    const Reply reply =
        aws->s3("GET", "lake",
                "/?" + (token.empty() ? "" : "continuation-token=" + percent_encode(token) + "&") +
                    "list-type=2&max-keys=3");
    for (const std::string& key : all_of(reply, "Key"))
      seen.push_back(key);
    token = reply.xml("NextContinuationToken");
    if (token.empty()) break;
  }
  EXPECT_EQ(seen, (Texts{"a/1", "a/2", "b/1", "c"}));
  expect_refused("a token of nobody's",
                 [&] { return aws->s3("GET", "lake", "/?continuation-token=%21&list-type=2"); },
                 {400, "InvalidArgument", "continuation token", "s3"});
}

TEST_F(S3ObjectsTest, VersionsAreListedInPages) {
  version();
  for (int i = 0; i < 3; ++i)
    EXPECT_OK(put("a", std::to_string(i)));
  EXPECT_OK(put("b", "x"));
  EXPECT_EQ(aws->s3("DELETE", "lake", "/a").status, 204);
  std::vector<std::string> seen;
  std::string from;
  for (int page = 0; page < 5; ++page) {
    const Reply reply = aws->s3("GET", "lake", "/?" + from + "max-keys=2&versions");
    for (const std::string& id : all_of(reply, "VersionId"))
      seen.push_back(id);
    if (reply.xml("IsTruncated") != "true") break;
    from = fmt::format("key-marker={}&version-id-marker={}&",
                       percent_encode(reply.xml("NextKeyMarker")),
                       percent_encode(reply.xml("NextVersionIdMarker")));
  }
  EXPECT_EQ(seen.size(), 5u);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end()) << "a version came twice";
}

TEST_F(S3ObjectsTest, ObjectsHaveTagsOfTheirOwn) {
  EXPECT_OK(put("a b", "x", {{"x-amz-tagging", "team=data%20%40%20more&once="}}));
  const auto tags = [&](const std::string& method, const std::string& body = {}) {
    return aws->s3(method, "lake", "/a%20b?tagging", body);
  };
  EXPECT_EQ(get("a b").headers.get("x-amz-tagging-count"), "2");
  EXPECT_TRUE(tags("GET").contains("<Tag><Key>team</Key><Value>data @ more</Value></Tag>"));
  EXPECT_OK(tags("PUT",
                 "<Tagging><TagSet><Tag><Key>only</Key><Value>1</Value></Tag></TagSet>"
                 "</Tagging>"));
  EXPECT_EQ(get("a b").headers.get("x-amz-tagging-count"), "1");
  // A new object brings its own.
  EXPECT_OK(put("a b", "y"));
  EXPECT_FALSE(tags("GET").contains("<Tag>"));
  EXPECT_OK(put("a b", "y", {{"x-amz-tagging", "k=v"}}));
  EXPECT_EQ(tags("DELETE").status, 204);
  EXPECT_EQ(get("a b").headers.get("x-amz-tagging-count"), "");

  std::string eleven;
  for (int i = 0; i < 11; ++i)
    eleven += fmt::format("&k{}=v", i);
  expect_refused("eleven tags",
                 [&] {
                   return put("c", "x", {{"x-amz-tagging", eleven.substr(1)}});
                 },
                 {400, "BadRequest", "Object tags cannot be greater than 10", "s3"});
  expect_refused("one twice",
                 [&] {
                   return put("c", "x", {{"x-amz-tagging", "a=1&a=2"}});
                 },
                 {400, "InvalidTag", "same key", "s3"});
  expect_refused("of nothing", [&] { return aws->s3("GET", "lake", "/none?tagging"); },
                 {404, "NoSuchKey", "does not exist", "s3"});
}

TEST_F(S3ObjectsTest, WhatASandboxCannotDoItSays) {
  const struct {
    const char* what;
    Headers headers;
  } rows[] = {{"x-amz-copy-source", {{"x-amz-copy-source", "lake/a"}}},
              {"x-amz-storage-class", {{"x-amz-storage-class", "GLACIER"}}},
              {"x-amz-object-lock-mode", {{"x-amz-object-lock-mode", "GOVERNANCE"}}}};
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return put("a", "x", row.headers); },
                   {501, "NotImplemented",
                    fmt::format("firn sandbox does not know {} of s3:PutObject", row.what), "s3"});
  }
}

}  // namespace
}  // namespace firn::sandbox::testing
