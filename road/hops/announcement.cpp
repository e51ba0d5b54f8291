// Does the bucket tell the one that loads of new objects?
//
// Amazon S3 User Guide, "Supported event notification types and destinations", "Configuring event
// notifications using object key name filtering"; Snowflake, "Automating Snowpipe for Amazon S3".
#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "providers/aws/notification_rules.h"
#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN101{
    .code = "FIRN101",
    .severity = Severity::error,
    .title = "No rule of the bucket tells the pipe of new objects",
    .cause =
        "The bucket has no aws.s3_notification that leads to the queue or topic by which the pipe "
        "or external table hears.",
    .consequence = "Objects arrive, nothing loads them, and no error is shown anywhere.",
    .mend =
        "Add an aws.s3_notification of the bucket whose queue is the pipe's "
        "notification_channel, or whose topic is the pipe's sns_topic."};
const Check FIRN102{
    .code = "FIRN102",
    .severity = Severity::error,
    .title = "The rule's filter leaves out everything that the stage has",
    .cause =
        "Prefix or suffix of the notification rule and the path of the stage have no key in "
        "common.",
    .consequence = "Objects below the stage's path are never announced, so they are not loaded.",
    .mend = "Give the rule the stage's path as its prefix."};
const Check FIRN103{
    .code = "FIRN103",
    .severity = Severity::warning,
    .title = "The rule announces only a part of the stage's path",
    .cause = "The rule's prefix is narrower than the path of the stage.",
    .consequence =
        "Objects of the rest of the path stay unloaded until somebody refreshes the "
        "pipe, which then loads them as well.",
    .mend =
        "Widen the rule's filter, or narrow the stage's URL or the COPY's path to what shall be "
        "loaded."};
const Check FIRN104{
    .code = "FIRN104",
    .severity = Severity::error,
    .title = "The rule does not tell of new objects",
    .cause = "Its events are about removal, restoring, tags or the like; none is s3:ObjectCreated.",
    .consequence = "New objects are never announced, so they are not loaded.",
    .mend = "events: [\"s3:ObjectCreated:*\"]"};
const Check FIRN105{
    .code = "FIRN105",
    .severity = Severity::warning,
    .title = "The rule tells of some ways to create an object only",
    .cause = "Its events name single operations, such as s3:ObjectCreated:Put.",
    .consequence =
        "An object that comes in another way is not announced. Clients choose the way by "
        "the object's size: from some megabytes on they upload in parts.",
    .mend = "events: [\"s3:ObjectCreated:*\"]"};

namespace {

constexpr std::string_view all_created = "s3:ObjectCreated:*";

struct Candidate {
  const Object* rule = nullptr;
  aws::NotificationRule what;
  Share share = Share::none;
  bool all_events = false;
  bool some_events = false;
};

bool is_created(const std::string& event) {
  return event.starts_with("s3:ObjectCreated:");
}

// Whether the rule leads to where the loader listens.
bool leads_to(const World& world, const Load& load, const aws::NotificationRule& rule) {
  if (!load.topic_arn.empty()) return rule.destination == load.topic_arn;
  return rule.kind == aws::DestinationKind::queue && is_snowflake_queue(world, rule.destination);
}

std::vector<Candidate> rules_to(const World& world, const Load& load, const Keys& keys) {
  std::vector<Candidate> candidates;
  for (const Object* object : world.of_type("aws.s3_notification")) {
    if (text_of(*object, "bucket") != keys.bucket) continue;
    Candidate candidate;
    candidate.rule = object;
    candidate.what = aws::rule_of(object->inputs, output_of(*object, "rule_id"));
    if (!leads_to(world, load, candidate.what)) continue;
    const auto& events = candidate.what.events;
    candidate.all_events = std::ranges::find(events, all_created) != events.end();
    candidate.some_events = std::ranges::any_of(events, is_created);
    // Filters are written URL-encoded, with + for a space.
    const auto decoded = [](const std::string& filter) {
      return percent_decode(replace_all(filter, "+", " "));
    };
    const std::string prefix = decoded(candidate.what.prefix);
    candidate.share = share_of(keys, prefix, decoded(candidate.what.suffix));
    // A suffix says which files are meant: what else lies there is not for the table.
    if (candidate.share == Share::some) candidate.share = share_of(keys, prefix, "");
    candidates.push_back(std::move(candidate));
  }
  // The best first.
  std::ranges::stable_sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.share, a.some_events, a.all_events) >
           std::tuple(b.share, b.some_events, b.all_events);
  });
  return candidates;
}

std::string filter_text(const aws::NotificationRule& rule) {
  return fmt::format("\"{}*{}\"", rule.prefix, rule.suffix);
}

}  // namespace

std::optional<Hop> check_announcement(const World& world, const Load& load, const Keys& keys) {
  Hop hop{.title = "notification", .address = load.loader->address};
  if (!load.listens) {
    hop.passage = Passage::unknown;
    hop.evidence = "it does not listen: it loads when somebody asks it to";
    return hop;
  }
  const std::vector<Candidate> candidates = rules_to(world, load, keys);
  if (candidates.empty() && load.bucket == nullptr) {
    hop.passage = Passage::unknown;
    hop.evidence = fmt::format("the rules of bucket {} are not in this stack", keys.bucket);
    return hop;
  }
  const std::string ear = load.topic_arn.empty()
                              ? fmt::format("the queue of {}", load.loader->address)
                              : load.topic_arn;
  if (candidates.empty()) {
    hop.passage = Passage::stops;
    hop.evidence = fmt::format("no rule of {} leads to {}", load.bucket->address, ear);
    const std::string to =
        load.topic != nullptr ? fmt::format("topic: ${{{}}}", load.topic->address)
        : load.topic_arn.empty()
            ? fmt::format("queue: ${{{}.notification_channel}}", load.loader->address)
            : fmt::format("topic: {}", load.topic_arn);
    hop.findings.push_back(finding_at(
        FIRN101, *load.loader, "",
        fmt::format("nothing tells \"{}\" of objects in {}", load.loader->address, keys.text()),
        fmt::format("It hears by {}, and no notification rule of the bucket leads there.", ear),
        fmt::format("type: aws.s3_notification\nbucket: ${{{}}}\n{}\nprefix: {}",
                    load.bucket->address, to, keys.prefix)));
    return hop;
  }
  const Candidate& best = candidates.front();
  hop.address = best.rule->address;
  hop.evidence = fmt::format("{} to {}", describe(best.what), ear);
  if (best.share == Share::none) {
    hop.passage = Passage::stops;
    hop.findings.push_back(finding_at(
        FIRN102, *best.rule, best.what.prefix.empty() ? "suffix" : "prefix",
        fmt::format("the filter {} has no key of {}", filter_text(best.what), keys.text()),
        fmt::format("\"{}\" takes objects from {}.", load.loader->address, load.keys.text()),
        fmt::format("prefix: {}", load.keys.prefix)));
    return hop;
  }
  if (!best.some_events) {
    hop.passage = Passage::stops;
    hop.findings.push_back(
        finding_at(FIRN104, *best.rule, "events", "none of these events is about a new object",
                   fmt::format("It sends {}.", fmt::join(best.what.events, ", ")),
                   "events: [\"s3:ObjectCreated:*\"]"));
    return hop;
  }
  if (best.share == Share::some) {
    hop.passage = Passage::some;
    hop.findings.push_back(finding_at(
        FIRN103, *best.rule, "prefix", fmt::format("only a part of {} is announced", keys.text()),
        fmt::format("The rule's filter is {}; \"{}\" takes all of {}.", filter_text(best.what),
                    load.loader->address, load.keys.text()),
        fmt::format("prefix: {}", load.keys.prefix)));
  }
  if (!best.all_events) {
    // One object is taken to come by a single PUT.
    const auto& events = best.what.events;
    const bool hears_of_put = std::ranges::find(events, "s3:ObjectCreated:Put") != events.end();
    if (!keys.is_one) hop.passage = Passage::some;
    if (keys.is_one && !hears_of_put) hop.passage = Passage::stops;
    hop.findings.push_back(
        finding_at(FIRN105, *best.rule, "events", "some ways to create an object are not announced",
                   fmt::format("It sends {}.", fmt::join(best.what.events, ", ")),
                   "events: [\"s3:ObjectCreated:*\"]"));
  }
  return hop;
}

}  // namespace firn::road
