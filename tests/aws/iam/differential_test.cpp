// Two evaluators that were written apart, and share no code, agree on random policies and requests:
// this one and the sandbox's. Where they did not, AWS's documentation decided, and the one that was
// wrong was mended.
//
// Left out is what only one of them evaluates (dates, addresses, bytes, identity providers) and
// what AWS leaves open (several values under an operator without a set).
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>

#include "core/async/clock.h"
#include "core/value/json.h"
#include "providers/aws/iam/evaluator.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/policy/principals.h"
#include "tests/aws/iam/random_policies.h"

namespace firn::aws::iam {
namespace {

namespace cloud = sandbox::aws;
using test::Caller;
using test::Case;

constexpr std::uint64_t cases_of_each_kind = 20'000;

constexpr const char* session_name = "run";

// ---------------------------------------------------------------- this evaluator

Principal principal_of(const Case& one) {
  switch (one.caller) {
    case Caller::user:
      return Principal::user(test::user_arn, "AIDAADA");
    case Caller::role:
      return Principal::role_session(test::role_arn, session_name, "AROALOAD");
    case Caller::root:
      return Principal::root(test::own_account);
    case Caller::neighbour:
      return Principal::user(test::neighbour_arn, "AIDAEVE");
    case Caller::stranger:
      return Principal::user(test::stranger_arn);
    case Caller::service:
      return Principal::service(one.service);
    case Caller::anonymous:
      break;
  }
  return Principal::anonymous();
}

Policy policy_of(const std::string& text, DocumentKind kind) {
  auto document = parse_document(Value(text), kind);
  EXPECT_TRUE(document) << render(document.error()) << text;
  return {"random", document ? std::move(*document) : Document{}};
}

Decision decide_here(const Case& one) {
  Request request;
  request.principal = principal_of(one);
  request.action = one.action;
  request.resource = one.resource;
  request.resource_account = test::own_account;
  for (const auto& [key, values] : one.keys)
    request.context.set(key, values);
  Policies policies;
  policies.identity_is_assumed = one.caller == Caller::stranger;
  if (one.caller != Caller::stranger) {
    for (const std::string& text : one.identity)
      policies.identity.push_back(policy_of(text, DocumentKind::identity));
    if (!one.boundary.empty()) policies.boundary = policy_of(one.boundary, DocumentKind::identity);
  }
  if (!one.session.empty()) policies.session = policy_of(one.session, DocumentKind::identity);
  if (!one.resource_policy.empty()) {
    policies.resource =
        policy_of(one.resource_policy, one.is_trust ? DocumentKind::trust : DocumentKind::resource);
  }
  if (one.is_trust) policies.resource_kind = ResourcePolicyKind::trust;
  if (one.is_key) policies.resource_kind = ResourcePolicyKind::kms_key;
  return evaluate(request, policies);
}

// ---------------------------------------------------------------- the sandbox's

class SandboxWorld {
 public:
  SandboxWorld()
      : store_(*sandbox::Store::open(":memory:")),
        clock_(Instant{}),
        world_{*store_, clock_, sandbox::AwsOptions{.iam_delay = {}}, nullptr} {}

  bool allows(const Case& one) {
    keep_policies(one);
    const cloud::Principal principal = sandbox_principal(one);
    cloud::Context context;
    for (const auto& [key, values] : one.keys)
      context.set(key, values);
    const cloud::StoredPolicy policy = stored(one.resource_policy);
    if (one.is_trust) {
      const Value role = Map{{"arn", one.resource}, {"trust", cloud::pack(policy)}};
      return cloud::may_assume(world_, principal, role, context, one.session).allowed;
    }
    cloud::Access access;
    access.action = one.action;
    access.resource = one.resource;
    access.owner = test::own_account;
    if (!one.resource_policy.empty()) access.resource_policy = &policy;
    access.resource_policy_decides = one.is_key;
    access.context = context;
    return cloud::decide(world_, principal, access, one.session).allowed;
  }

 private:
  static cloud::StoredPolicy stored(const std::string& text) {
    if (text.empty()) return {Map{}, {}};
    return {*parse_json(text), {}};
  }

  static cloud::Principal sandbox_principal(const Case& one) {
    using Kind = cloud::Principal::Kind;
    switch (one.caller) {
      case Caller::user:
        return {Kind::user, test::own_account, test::user_arn, {}, "AIDAADA", {}};
      case Caller::role:
        return {
            Kind::role,     test::own_account, "arn:aws:sts::123456789012:assumed-role/Loader/run",
            test::role_arn, "AROALOAD",        {}};
      case Caller::root:
        return {Kind::root, test::own_account, "arn:aws:iam::123456789012:root", {}, {}, {}};
      case Caller::neighbour:
        return {Kind::user, test::other_account, test::neighbour_arn, {}, "AIDAEVE", {}};
      case Caller::stranger:
        return {Kind::user, test::foreign_account, test::stranger_arn, {}, {}, {}};
      case Caller::service:
        return {Kind::service, {}, {}, {}, {}, one.service};
      case Caller::anonymous:
        break;
    }
    return {};
  }

  void keep_policies(const Case& one) {
    std::string arn;
    std::string kind = "user";
    if (one.caller == Caller::user) arn = test::user_arn;
    if (one.caller == Caller::neighbour) arn = test::neighbour_arn;
    if (one.caller == Caller::role) {
      arn = test::role_arn;
      kind = "role";
    }
    if (arn.empty()) return;
    Map own;
    for (std::size_t i = 0; i < one.identity.size(); ++i)
      own.set(fmt::format("p{}", i), one.identity[i]);
    Map holder{{"arn", arn}, {"inline", Value(std::move(own))}, {"attached", List{}}};
    const std::string account = account_of(arn);
    if (!one.boundary.empty()) {
      const std::string boundary = fmt::format("arn:aws:iam::{}:policy/limit", account);
      cloud::iam::keep(world_, account, "policy", "limit",
                       Map{{"arn", boundary},
                           {"default_version", "v1"},
                           {"versions", List{Map{{"id", "v1"}, {"document", one.boundary}}}}});
      holder.set("boundary", boundary);
    }
    cloud::iam::keep(world_, account, kind, arn.substr(arn.rfind('/') + 1),
                     Value(std::move(holder)));
  }

  std::unique_ptr<sandbox::Store> store_;
  VirtualClock clock_;
  cloud::World world_;
};

// ---------------------------------------------------------------- both

std::string words(const Case& one) {
  std::string text = fmt::format("{} of {} by caller {} {}\n", one.action, one.resource,
                                 static_cast<int>(one.caller), one.service);
  for (const auto& [key, values] : one.keys)
    text += fmt::format("  {} = [{}]\n", key, fmt::join(values, ", "));
  for (const std::string& document : one.identity)
    text += fmt::format("  identity {}\n", document);
  text += fmt::format("  boundary {}\n  session {}\n  resource {}\n", one.boundary, one.session,
                      one.resource_policy);
  return text;
}

TEST(BothEvaluators, AgreeOnWholeRequests) {
  SandboxWorld world;
  std::size_t allowed = 0;
  std::size_t disagreements = 0;
  for (std::uint64_t seed = 1; seed <= cases_of_each_kind; ++seed) {
    const Case one = test::RandomPolicies(seed).one();
    const Decision here = decide_here(one);
    const bool there = world.allows(one);
    if (there) ++allowed;
    if (here.allowed == there) continue;
    if (++disagreements > 5) continue;
    ADD_FAILURE() << "seed " << seed << ": here " << describe(here) << "\nthere "
                  << (there ? "allowed" : "refused") << "\n"
                  << words(one);
  }
  EXPECT_EQ(disagreements, 0U);
  // Neither of the answers is rare.
  EXPECT_GT(allowed, cases_of_each_kind / 10);
  EXPECT_LT(allowed, cases_of_each_kind * 9 / 10);
}

TEST(BothEvaluators, AgreeOnSingleDocuments) {
  std::size_t counts[3] = {};
  std::size_t disagreements = 0;
  for (std::uint64_t seed = 1; seed <= cases_of_each_kind; ++seed) {
    const Case one = test::RandomPolicies(seed + 1'000'000).identity_only();
    const Decision here = decide_here(one);
    cloud::Question question;
    question.action = one.action;
    question.resource = one.resource;
    for (const auto& [key, values] : one.keys)
      question.context.set(key, values);
    const auto there = cloud::evaluate_identity_policy(*parse_json(one.identity.front()), question);
    ++counts[static_cast<std::size_t>(there.effect)];
    const auto effect = here.allowed                           ? cloud::Effect::allow
                        : here.reason == Reason::explicit_deny ? cloud::Effect::deny
                                                               : cloud::Effect::none;
    if (effect == there.effect) continue;
    if (++disagreements > 5) continue;
    ADD_FAILURE() << "seed " << seed << ": here " << describe(here) << "\nthere effect "
                  << static_cast<int>(there.effect) << " " << there.problem << "\n"
                  << words(one);
  }
  EXPECT_EQ(disagreements, 0U);
  for (const std::size_t count : counts)
    EXPECT_GT(count, cases_of_each_kind / 20);
}

// A pattern is allowed exactly if all that it stands for is: random resources of the pattern.
TEST(PatternEvaluation, AgreesWithSingleResources) {
  std::size_t granted = 0;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    const Case one = test::RandomPolicies(seed + 2'000'000).identity_only();
    Request request;
    request.principal = principal_of(one);
    request.action = one.action;
    for (const auto& [key, values] : one.keys)
      request.context.set(key, values);
    Policies policies;
    policies.identity.push_back(policy_of(one.identity.front(), DocumentKind::identity));
    request.resource =
        one.resource.substr(
            0, one.resource.rfind(one.resource.find('/') == std::string::npos ? ':' : '/') + 1) +
        "*";
    const PatternDecision whole = evaluate_pattern(request, policies);
    ASSERT_FALSE(whole.too_large);
    if (whole.allowed) ++granted;
    for (const char* tail :
         {"", "a", "a.csv", "load", "ada-queue", "files", "x/y:z", "b.json", "*"}) {
      Request single = request;
      single.resource = request.resource.substr(0, request.resource.size() - 1) + tail;
      if (whole.allowed) {
        ASSERT_TRUE(evaluate(single, policies).allowed) << seed << " " << single.resource;
      }
    }
    for (const auto& outcome : whole.refused) {
      Request single = request;
      single.resource = outcome.example;
      ASSERT_FALSE(evaluate(single, policies).allowed) << seed << " " << outcome.example;
    }
  }
  EXPECT_GT(granted, 100U);
}

}  // namespace
}  // namespace firn::aws::iam
