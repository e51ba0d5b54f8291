// Requests and answers on the wire, per protocol.
#include <gtest/gtest.h>

#include "providers/aws/endpoint.h"
#include "providers/aws/reply.h"
#include "providers/aws/request.h"
#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

using test::json;

http::Request request_for(const Call& call, const ClientOptions& options = test::Rig::options()) {
  const Result<Endpoint> endpoint =
      resolve_endpoint(*call.service, options.placement.region, options.endpoints);
  EXPECT_TRUE(endpoint.has_value());
  return build_request(call, *endpoint, options);
}

TEST(Request, WritesListsMapsAndStructuresAsQueryParameters) {
  const Value input = json(R"({"Name": "t", "Attributes": {"DisplayName": "a b", "X": "&"},
                               "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}],
                               "Names": ["One", "Two"], "Flag": true, "Number": 3, "Empty": []})");
  EXPECT_EQ(query_body(service::sns, "CreateTopic", input),
            "Action=CreateTopic&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=a%20b"
            "&Attributes.entry.2.key=X&Attributes.entry.2.value=%26&Flag=true&Name=t"
            "&Names.member.1=One&Names.member.2=Two&Number=3&Tags.member.1.Key=k"
            "&Tags.member.1.Value=v&Tags.member.2.Key=l&Tags.member.2.Value=w&Version=2010-03-31");
}

TEST(Request, SendsJsonWithItsTarget) {
  Call call;
  call.service = &service::sqs;
  call.operation = "ListQueues";
  const http::Request request = request_for(call);
  EXPECT_EQ(request.url(), "https://sqs.eu-west-1.amazonaws.com/");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.headers.get("X-Amz-Target"), "AmazonSQS.ListQueues");
  EXPECT_EQ(request.headers.get("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(request.headers.get("x-amzn-query-mode"), "true");
  EXPECT_EQ(request.body, "{}");
}

TEST(Request, SendsRestJsonWithPathAndQuery) {
  Call call;
  call.service = &service::scheduler;
  call.operation = "GetSchedule";
  call.path = "/schedules/Nightly";
  call.query.emplace_back("groupName", "a b");
  const http::Request request = request_for(call);
  EXPECT_EQ(request.url(),
            "https://scheduler.eu-west-1.amazonaws.com/schedules/Nightly?groupName=a%20b");
  EXPECT_EQ(request.headers.find("Content-Type"), nullptr);
  EXPECT_EQ(request.body, "");
}

struct BucketUrl {
  const char* name;
  const char* bucket;
  const char* endpoint;
  bool path_style;
  const char* url;
};

class BucketUrls : public testing::TestWithParam<BucketUrl> {};

TEST_P(BucketUrls, PutTheBucketWhereItWorks) {
  const BucketUrl& row = GetParam();
  ClientOptions options = test::Rig::options();
  options.path_style = row.path_style;
  if (*row.endpoint != 0) options.endpoints["S3"] = row.endpoint;
  Call call;
  call.service = &service::s3;
  call.operation = "GetBucketPolicy";
  call.bucket = row.bucket;
  call.query.emplace_back("policy", "");
  const http::Request request = request_for(call, options);
  EXPECT_EQ(request.url(), row.url);
  EXPECT_EQ(request.headers.get("x-amz-expected-bucket-owner"), "123456789012");
}

INSTANTIATE_TEST_SUITE_P(Forms, BucketUrls,
                         testing::Values(BucketUrl{"host", "b", "", false,
                                                   "https://b.s3.eu-west-1.amazonaws.com/?policy"},
                                         BucketUrl{"dotted", "a.b", "", false,
                                                   "https://s3.eu-west-1.amazonaws.com/a.b?policy"},
                                         BucketUrl{"asked", "b", "", true,
                                                   "https://s3.eu-west-1.amazonaws.com/b?policy"},
                                         BucketUrl{"store", "b", "http://127.0.0.1:9000/base/",
                                                   false, "http://127.0.0.1:9000/base/b?policy"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Request, DoesNotNameAnOwnerWhenTheBucketIsMade) {
  Call call;
  call.service = &service::s3;
  call.operation = "CreateBucket";
  call.method = "PUT";
  call.bucket = "b";
  call.body = "<x/>";
  const http::Request request = request_for(call);
  EXPECT_EQ(request.headers.find("x-amz-expected-bucket-owner"), nullptr);
  EXPECT_NE(request.headers.find("Content-MD5"), nullptr);
}

struct Host {
  const Service* service;
  const char* region;
  const char* host;
  const char* signing_region;
};

TEST(Endpoint, FollowsPartitionAndService) {
  const std::vector<Host> rows = {
      {&service::iam, "eu-west-1", "iam.amazonaws.com", "us-east-1"},
      {&service::iam, "cn-north-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {&service::iam, "us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
      {&service::sts, "eu-west-1", "sts.eu-west-1.amazonaws.com", "eu-west-1"},
      {&service::states, "us-east-2", "states.us-east-2.amazonaws.com", "us-east-2"},
      {&service::logs, "cn-northwest-1", "logs.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
  };
  for (const Host& row : rows) {
    const Result<Endpoint> endpoint = resolve_endpoint(*row.service, row.region, {});
    ASSERT_TRUE(endpoint.has_value());
    EXPECT_EQ(endpoint->host, row.host);
    EXPECT_EQ(endpoint->signing_region, row.signing_region);
  }
  EXPECT_EQ(partition_of("us-gov-west-1"), "aws-us-gov");
  EXPECT_EQ(partition_of("eu-west-1"), "aws");
}

TEST(Endpoint, RefusesWhatIsNoUrl) {
  const Result<Endpoint> endpoint =
      resolve_endpoint(service::s3, "eu-west-1", {{"", "localhost no url"}});
  ASSERT_FALSE(endpoint.has_value());
  EXPECT_NE(endpoint.error().remedy.find("AWS_ENDPOINT_URL"), std::string::npos);
}

struct Xml {
  const char* name;
  const char* xml;
  const char* value;
};

class XmlValues : public testing::TestWithParam<Xml> {};

TEST_P(XmlValues, ReadAs) {
  const Result<Value> value = parse_xml(GetParam().xml);
  ASSERT_TRUE(value.has_value()) << value.error().detail;
  EXPECT_EQ(to_json(*value), to_json(json(GetParam().value)));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, XmlValues,
    testing::Values(
        Xml{"text", "<?xml version=\"1.0\"?><R><A>x &amp; y</A></R>", R"({"A": "x & y"})"},
        Xml{"root_name_is_ignored", "<Anything xmlns=\"u\"><Status>Enabled</Status></Anything>",
            R"({"Status": "Enabled"})"},
        Xml{"repeated", "<R><E>1</E><E>2</E><F>3</F></R>", R"({"E": ["1", "2"], "F": "3"})"},
        Xml{"members", "<R><L><member>a</member></L></R>", R"({"L": ["a"]})"},
        Xml{"entries",
            "<R><A><entry><key>k</key><value>v</value></entry>"
            "<entry><key>l</key><value/></entry></A></R>",
            R"({"A": {"k": "v", "l": ""}})"},
        Xml{"empty", "<R/>", R"("")"},
        Xml{"cdata", "<R><A><![CDATA[<x>]]></A></R>", R"({"A": "<x>"})"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(XmlLimits, AreKept) {
  EXPECT_FALSE(parse_xml("<a><b></a>").has_value());
  EXPECT_FALSE(parse_xml("<!DOCTYPE x [<!ENTITY e \"v\">]><x>&e;</x>").has_value());
  std::string deep;
  for (int i = 0; i < 200; ++i)
    deep += "<a>";
  deep += "x";
  for (int i = 0; i < 200; ++i)
    deep += "</a>";
  EXPECT_FALSE(parse_xml(deep).has_value());
}

TEST(XmlText, IsEscapedSoThatItComesBack) {
  const std::string text = "a<b>&\"c\"\r";
  const Result<Value> value = parse_xml("<r><x>" + escape_xml(text) + "</x></r>");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(text_at(*value, "x"), text);
}

TEST(Reply, ReadsListsOfOneNoneAndMany) {
  Reply reply;
  reply.value = json(R"({"One": {"T": {"k": 1}}, "Many": {"T": [1, 2]}, "None": "", "N": 7})");
  EXPECT_EQ(reply.list("One.T").size(), 1U);
  EXPECT_EQ(reply.list("Many.T").size(), 2U);
  EXPECT_TRUE(reply.list("None").empty());
  EXPECT_TRUE(reply.list("Absent.T").empty());
  EXPECT_EQ(reply.text("N"), "7");
}

}  // namespace
}  // namespace firn::aws
