#include "tests/simulation/snapshot.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <regex>

#include "core/value/json.h"

namespace firn::simulation {
namespace {

// Shorter texts would be found where they do not stand for the id.
constexpr std::size_t shortest_id = 6;

// What the sandbox remembers of the past is no part of what there is; nor are uploads that were
// begun and never ended, which nobody can list, and which the registry forgets by itself.
bool is_past(std::string_view collection) {
  return collection.starts_with("sandbox") || collection == "log" ||
         collection.ends_with("/statement") ||
         collection.find("/ecr/upload/") != std::string_view::npos ||
         collection.ends_with("-history");
}

// How often something was said, by which kind of call, and in which words.
bool is_past(std::string_view collection, std::string_view path) {
  return (collection.ends_with("lambda/function") && (path == "/revision" || path == "/change")) ||
         (collection.ends_with("lambda/mapping") && path == "/change") ||
         (collection.ends_with("scheduler/schedule") &&
          (path.starts_with("/request") || path == "/token")) ||
         (collection.ends_with("iam/policy") && path.ends_with("_version")) ||
         (collection.ends_with("/task") && (path.starts_with("/properties/last_suspended_") ||
                                            path == "/properties/last_committed_on"));
}

// Statements that were added one by one stand in the order in which they came.
Value by_sid(const Value& body) {
  const Value& policy = body.at("policy");
  const Value& statements = policy.at("document").at("Statement");
  if (!statements.is_list()) return body;
  List sorted = statements.as_list();
  std::ranges::sort(sorted, {}, [](const Value& one) { return one.string_or("Sid", ""); });
  Map document = policy.at("document").as_map();
  document.set("Statement", std::move(sorted));
  Map with_it = policy.as_map();
  with_it.set("document", std::move(document));
  Map map = body.as_map();
  map.set("policy", std::move(with_it));
  return Value(std::move(map));
}

// S3 sends one whenever a rule is set, be it for the second time.
bool is_test_event(const sandbox::Document& document) {
  return document.collection.find("/sqs/message/") != std::string::npos &&
         to_json(document.body).find("s3:TestEvent") != std::string::npos;
}

// A managed policy without the versions that it had before.
Value as_it_is_now(std::string_view collection, const Value& body) {
  if (collection.ends_with("lambda/function")) return by_sid(body);
  if (!collection.ends_with("iam/policy")) return body;
  Map map = body.as_map();
  List versions;
  for (const Value& version : body.at("versions").as_list()) {
    if (version.at("id") != body.at("default_version")) continue;
    versions.emplace_back(Map{{"document", version.at("document")}});
  }
  map.set("versions", Value(std::move(versions)));
  return Value(std::move(map));
}

// The policy that a topic has from the beginning, said in so many words once another was taken out.
void leave_out_default_policy(Snapshot::Leaves& leaves) {
  const auto id = leaves.find("/policy/document/Id");
  const bool is_default = id != leaves.end() && id->second == "__default_policy_ID" &&
                          !leaves.contains("/policy/document/Statement/[1]/Sid");
  if (!is_default) return;
  std::erase_if(leaves, [](const auto& leaf) { return leaf.first.starts_with("/policy"); });
}

// A bucket whose last rule was taken out has an empty document and not none: it says the same.
bool says_nothing(std::string_view collection, std::string_view path, std::string_view leaf) {
  return collection.ends_with("s3/bucket") &&
         ((path == "/notification/rules" && leaf == "[]") ||
          (path == "/notification/event_bridge" && leaf == "false"));
}

// Snowflake keeps its queue of a region, and what it has subscribed to, when no pipe is left.
bool outlives_its_pipes(std::string_view collection) {
  return collection.starts_with("snowflake/") &&
         (collection.ends_with("/channel") || collection.ends_with("/subscription"));
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

void flatten(const Value& value, const std::string& path, Snapshot::Leaves& leaves) {
  if (value.is_map()) {
    if (value.as_map().empty()) leaves[path] = "{}";
    for (const auto& [key, member] : value.as_map())
      flatten(member, path + "/" + key, leaves);
    return;
  }
  if (value.is_list()) {
    if (value.as_list().empty()) leaves[path] = "[]";
    List items = value.as_list();
    // Earlier values of a secret: a key whose maker died is made again, and put in its place.
    if (path == "/versions") {
      std::erase_if(items, [](const Value& item) {
        const Value& stages = item.at("stages");
        return stages.is_list() &&
               std::ranges::find(stages.as_list(), Value("AWSCURRENT")) == stages.as_list().end();
      });
    }
    // The rules of a bucket are a set; they stand in the order in which they were made.
    if (path.ends_with("/notification/rules")) {
      std::ranges::sort(items, {}, [](const Value& item) { return to_json(item); });
    }
    // So are a table's foreign keys, whose names chance may have chosen.
    if (path.ends_with("/foreign_keys")) {
      std::ranges::sort(items, {}, [](const Value& item) { return to_json(item.at("columns")); });
    }
    for (std::size_t i = 0; i < items.size(); ++i)
      flatten(items[i], fmt::format("{}/[{}]", path, i), leaves);
    return;
  }
  if (!value.is_string()) {
    leaves[path] = to_json(value);
    return;
  }
  const std::string& text = value.as_string();
  if (text.starts_with("{") || text.starts_with("[")) {
    if (const auto inner = parse_json(text)) {
      flatten(*inner, path + "/json", leaves);
      return;
    }
  }
  leaves[path] = text;
  // A view remembers the statement that made it, and was made anew when its maker had died or
  // somebody had changed it.
  replace_all(leaves[path], "CREATE OR REPLACE ", "CREATE ");
  replace_all(leaves[path], " COPY GRANTS", "");
}

std::string pattern_of(const std::string& collection, const std::string& path) {
  std::string pattern = collection + "|";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '[') {
      pattern += path[i];
      continue;
    }
    const std::size_t end = path.find(']', i);
    if (end == std::string::npos) break;
    i = end;
  }
  return pattern;
}

// Times and numbers come to be the same by accident.
bool is_id(std::string_view text) {
  if (text.size() < shortest_id) return false;
  const bool is_time =
      text.starts_with("20") && text.size() > 10 && text[4] == '-' && text[7] == '-';
  if (is_time) return false;
  return std::ranges::any_of(text,
                             [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
}

// "orders-g2", "ORDERS_G2", "OrdersG2" → without the end; also within longer texts.
std::string without_generation(std::string text) {
  static const std::regex generation("(-g|_G|G|g)[0-9]+(?![A-Za-z0-9])");
  if (text.find_first_of("Gg") == std::string::npos) return text;
  return std::regex_replace(text, generation, "");
}

// Columns by their names and not by their places: one that is added later comes last.
Snapshot::Leaves by_column_name(const Snapshot::Leaves& leaves) {
  constexpr std::string_view beginning = "/properties/columns/[";
  Snapshot::Leaves named;
  for (const auto& [path, leaf] : leaves) {
    const std::size_t end = path.starts_with(beginning) ? path.find(']') : std::string::npos;
    const auto name =
        end == std::string::npos ? leaves.end() : leaves.find(path.substr(0, end + 1) + "/name");
    if (name == leaves.end()) {
      named.emplace(path, leaf);
    } else {
      named.emplace(fmt::format("{}{}{}", beginning, name->second, path.substr(end)), leaf);
    }
  }
  return named;
}

// What was set once and is back at its default, and what was never set, are the same.
bool is_at_its_default(std::string_view collection, std::string_view path, std::string_view leaf) {
  struct Default {
    std::string_view collection;
    std::string_view path;
    std::string_view value;
  };
  constexpr std::array<Default, 7> defaults{{
      {"/schema", "/properties/managed_access", "false"},
      {"/warehouse", "/properties/auto_suspend", "600"},
      {"/warehouse", "/properties/warehouse_size", "XSMALL"},
      {"/warehouse", "/properties/auto_resume", "true"},
      {"/file_format", "/properties/format/STRIP_OUTER_ARRAY", "false"},
      {"/file_format", "/properties/format/STRIP_NULL_VALUES", "false"},
      {"/user", "/properties/disabled", "false"},
  }};
  return std::ranges::any_of(defaults, [&](const Default& one) {
    return collection.ends_with(one.collection) && path == one.path && leaf == one.value;
  });
}

// A view's statement, without the comment that it had when it was made.
std::string without_comment(const std::string& statement) {
  static const std::regex comment(" COMMENT = '([^']|'')*'");
  return std::regex_replace(statement, comment, "");
}

// What only an earlier history explains: things deleted, and images of earlier versions, which stay
// in their repository until its lifecycle policy takes them.
bool is_trace(std::string_view collection, const Snapshot::Leaves& leaves) {
  for (const std::string_view end : {"/deleted", "/released"}) {
    if (collection.ends_with(end)) return true;
  }
  for (const std::string_view part : {"/ecr/image/", "/ecr/layer/"}) {
    if (collection.find(part) != std::string_view::npos) return true;
  }
  return std::ranges::any_of(leaves, [](const auto& leaf) {
    return leaf.first.starts_with("/deleted_at") && leaf.second != "null" && leaf.second != "0" &&
           !leaf.second.empty();
  });
}

}  // namespace

Snapshot::Snapshot(const std::vector<sandbox::Document>& documents) {
  for (const sandbox::Document& document : documents) {
    if (is_past(document.collection) || is_test_event(document)) continue;
    Leaves& leaves = collections_[document.collection][document.key];
    flatten(as_it_is_now(document.collection, document.body), "", leaves);
    if (document.collection.ends_with("sns/topic")) leave_out_default_policy(leaves);
    std::erase_if(leaves, [&](const auto& leaf) {
      return is_past(document.collection, leaf.first) ||
             says_nothing(document.collection, leaf.first, leaf.second);
    });
  }
}

void forget_burnt(Snapshot& snapshot) {
  for (auto& [collection, documents] : snapshot.collections_) {
    Snapshot::Documents kept;
    for (auto& [key, leaves] : documents) {
      if (is_trace(collection, leaves)) continue;
      leaves.erase("/lost");
      // What it has from its database, and what is said of itself, can be the same.
      if (collection.ends_with("/schema") || collection.ends_with("/relation"))
        leaves.erase("/properties/data_retention_time_in_days");
      // A secret that had a value once cannot be without one again.
      if (collection.ends_with("secretsmanager/secret")) {
        std::erase_if(leaves, [](const auto& leaf) { return leaf.first.starts_with("/versions"); });
      }
      // Where the account is was settled by who came first.
      if (collection == "snowflake/account") leaves.erase("/region");
      // A stream turns it on, and nothing turns it off again when there is no stream any more.
      if (collection.ends_with("/relation")) {
        leaves.erase("/properties/change_tracking");
        leaves = by_column_name(leaves);
        if (const auto text = leaves.find("/properties/text"); text != leaves.end())
          text->second = without_comment(text->second);
      }
      std::erase_if(leaves, [&collection = collection](const auto& leaf) {
        return is_at_its_default(collection, leaf.first, leaf.second);
      });
      for (auto& [path, leaf] : leaves)
        leaf = without_generation(leaf);
      kept.emplace(without_generation(key), std::move(leaves));
    }
    documents = std::move(kept);
  }
}

Yardstick::Yardstick(std::vector<Snapshot> references) : expected_({}) {
  sources_ = differing(references);
  for (const Snapshot& reference : references) {
    for (const auto& [collection, documents] : reference.collections_) {
      const auto& first = references.front().collections_[collection];
      const bool is_same = std::ranges::equal(
          documents, first, {}, [](const auto& item) { return item.first; },
          [](const auto& item) { return item.first; });
      if (!is_same) nameless_.insert(collection);
    }
  }
  for (Snapshot& reference : references)
    reference = told_by_origin(std::move(reference));
  volatile_ = differing(references);
  expected_ = std::move(references.front());
  for (const auto& [collection, documents] : expected_.collections_) {
    for (const auto& [key, leaves] : documents)
      compared_ += masked(collection, leaves).size();
  }
}

Yardstick::Patterns Yardstick::differing(const std::vector<Snapshot>& snapshots) {
  using Values = std::map<std::string, std::multiset<std::string>>;
  std::vector<Values> values(snapshots.size());
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    for (const auto& [collection, documents] : snapshots[i].collections_) {
      for (const auto& [key, leaves] : documents) {
        for (const auto& [path, leaf] : leaves)
          values[i][pattern_of(collection, path)].insert(leaf);
      }
    }
  }
  Patterns patterns;
  for (const Values& some : values) {
    for (const auto& [pattern, leaves] : some) {
      const auto same = values.front().find(pattern);
      if (same == values.front().end() || same->second != leaves) patterns.insert(pattern);
    }
  }
  for (const auto& [pattern, leaves] : values.front()) {
    for (const Values& some : values) {
      if (!some.contains(pattern)) patterns.insert(pattern);
    }
  }
  return patterns;
}

Snapshot Yardstick::told_by_origin(Snapshot snapshot) const {
  std::map<std::string, std::string> names;  // id → the place it comes from
  for (const auto& [collection, documents] : snapshot.collections_) {
    for (const auto& [key, leaves] : documents) {
      for (const auto& [path, leaf] : leaves) {
        const std::string pattern = pattern_of(collection, path);
        if (is_id(leaf) && sources_.contains(pattern)) names.try_emplace(leaf, "<" + pattern + ">");
      }
      if (nameless_.contains(collection) && is_id(key))
        names.try_emplace(key, "<" + collection + ">");
    }
  }
  // The longest first: an id may be the beginning of another one.
  std::vector<std::pair<std::string, std::string>> ids(names.begin(), names.end());
  std::ranges::stable_sort(ids, std::ranges::greater{},
                           [](const auto& id) { return id.first.size(); });
  for (auto& [collection, documents] : snapshot.collections_) {
    for (auto& [key, leaves] : documents) {
      for (auto& [path, leaf] : leaves) {
        if (!sources_.contains(pattern_of(collection, path))) continue;
        for (const auto& [id, name] : ids) {
          if (leaf.find(id) == std::string::npos) continue;
          replace_all(leaf, id, name);
        }
      }
    }
  }
  return snapshot;
}

Snapshot::Leaves Yardstick::masked(const std::string& collection,
                                   const Snapshot::Leaves& leaves) const {
  Snapshot::Leaves kept;
  for (const auto& [path, leaf] : leaves) {
    if (!volatile_.contains(pattern_of(collection, path))) kept.emplace(path, leaf);
  }
  return kept;
}

std::size_t Yardstick::documents() const {
  std::size_t count = 0;
  for (const auto& [collection, documents] : expected_.collections_)
    count += documents.size();
  return count;
}

namespace {

std::string text_of(const Snapshot::Leaves& leaves) {
  std::string text;
  for (const auto& [path, leaf] : leaves)
    text += fmt::format("{}={}; ", path, leaf);
  return text;
}

// How many leaves one has that the other has not.
std::size_t distance(const Snapshot::Leaves& one, const Snapshot::Leaves& other) {
  const auto missing_in = [](const Snapshot::Leaves& a, const Snapshot::Leaves& b) {
    return static_cast<std::size_t>(std::ranges::count_if(a, [&b](const auto& leaf) {
      const auto same = b.find(leaf.first);
      return same == b.end() || same->second != leaf.second;
    }));
  };
  return missing_in(one, other) + missing_in(other, one);
}

void compare_leaves(const std::string& where, const Snapshot::Leaves& expected,
                    const Snapshot::Leaves& actual, std::vector<std::string>& differences) {
  for (const auto& [path, leaf] : expected) {
    const auto found = actual.find(path);
    if (found == actual.end()) {
      differences.push_back(fmt::format("{}: no {} (should be {})", where, path, leaf));
    } else if (found->second != leaf) {
      differences.push_back(
          fmt::format("{}: {} is {}, should be {}", where, path, found->second, leaf));
    }
  }
  for (const auto& [path, leaf] : actual) {
    if (!expected.contains(path))
      differences.push_back(fmt::format("{}: has {} = {}", where, path, leaf));
  }
}

}  // namespace

void Yardstick::compare_nameless(const std::string& collection, const Snapshot::Documents& expected,
                                 const Snapshot::Documents& present, Fewer fewer,
                                 std::vector<std::string>& found) const {
  if (fewer == Fewer::allowed) {
    if (present.size() > expected.size()) {
      found.push_back(
          fmt::format("{} has {} and not {}", collection, present.size(), expected.size()));
    }
    return;
  }
  std::vector<Snapshot::Leaves> missing;
  for (const auto& [key, leaves] : expected)
    missing.push_back(masked(collection, leaves));
  std::vector<std::pair<std::string, Snapshot::Leaves>> surplus;
  for (const auto& [key, leaves] : present) {
    Snapshot::Leaves shown = masked(collection, leaves);
    const auto same = std::ranges::find(missing, shown);
    if (same == missing.end()) {
      surplus.emplace_back(key, std::move(shown));
    } else {
      missing.erase(same);
    }
  }
  // Those that are left are told side by side with the one that is most like them.
  for (const auto& [key, leaves] : surplus) {
    const auto like = std::ranges::min_element(
        missing, {},
        [&leaves = leaves](const Snapshot::Leaves& other) { return distance(leaves, other); });
    if (like == missing.end() || distance(leaves, *like) > leaves.size()) {
      found.push_back(fmt::format("{} has one too many, {}: {}", collection, key, text_of(leaves)));
      continue;
    }
    compare_leaves(collection + " " + key, *like, leaves, found);
    missing.erase(like);
  }
  for (const Snapshot::Leaves& leaves : missing)
    found.push_back(fmt::format("{} lacks {}", collection, text_of(leaves)));
}

std::vector<std::string> Yardstick::differences(const Snapshot& raw, Fewer fewer,
                                                Burnt burnt) const {
  if (burnt == Burnt::forgiven) {
    Yardstick forgiving = *this;
    forget_burnt(forgiving.expected_);
    Snapshot actual = told_by_origin(raw);
    forget_burnt(actual);
    for (auto& [collection, documents] : actual.collections_) {
      if (!outlives_its_pipes(collection)) continue;
      const auto& expected = forgiving.expected_.collections_[collection];
      std::erase_if(documents, [&](const auto& item) { return !expected.contains(item.first); });
    }
    return forgiving.compare(actual, fewer);
  }
  return compare(told_by_origin(raw), fewer);
}

std::vector<std::string> Yardstick::compare(const Snapshot& actual, Fewer fewer) const {
  std::vector<std::string> found;
  std::set<std::string> names;
  for (const auto& [collection, documents] : expected_.collections_)
    names.insert(collection);
  for (const auto& [collection, documents] : actual.collections_)
    names.insert(collection);
  static const Snapshot::Documents none;
  for (const std::string& collection : names) {
    const auto wanted = expected_.collections_.find(collection);
    const auto there = actual.collections_.find(collection);
    const auto& expected = wanted == expected_.collections_.end() ? none : wanted->second;
    const auto& present = there == actual.collections_.end() ? none : there->second;
    if (nameless_.contains(collection)) {
      compare_nameless(collection, expected, present, fewer, found);
      continue;
    }
    for (const auto& [key, leaves] : expected) {
      const auto same = present.find(key);
      if (same == present.end()) {
        if (fewer == Fewer::refused) found.push_back(fmt::format("{} lacks {}", collection, key));
        continue;
      }
      if (fewer == Fewer::allowed) continue;
      compare_leaves(collection + " " + key, masked(collection, leaves),
                     masked(collection, same->second), found);
    }
    for (const auto& [key, leaves] : present) {
      if (!expected.contains(key)) found.push_back(fmt::format("{} also has {}", collection, key));
    }
  }
  return found;
}

}  // namespace firn::simulation
