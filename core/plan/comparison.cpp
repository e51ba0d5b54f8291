#include "core/plan/comparison.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/plan/diff.h"
#include "core/value/json.h"

namespace firn {
namespace {

Value default_of(const Attribute& row) {
  if (row.default_json.empty()) return {};
  auto value = parse_json(row.default_json);
  return value ? *value : Value();
}

class Comparer {
 public:
  Comparer(const ResourceType& type, const StoredResource& stored, const Observation* seen,
           const Value& desired, const std::string& secret_key)
      : type_(type), stored_(stored), seen_(seen), desired_(desired), secret_key_(secret_key) {}

  Comparison compare() {
    for (const Attribute& row : type_.attributes) {
      if (!row.computed) attribute(row);
    }
    return std::move(result_);
  }

 private:
  void attribute(const Attribute& row) {
    const Value& recorded = stored_.record.inputs.at(row.name);
    const Value* wanted = desired_.find(row.name);
    const bool was_managed = !recorded.is_null();
    if (wanted == nullptr && !was_managed) return;  // the author never set it: not managed
    const Value target = wanted != nullptr ? *wanted : default_of(row);
    const Value* shown =
        seen_ != nullptr && !row.write_only ? seen_->inputs.find(row.name) : nullptr;
    const Value current =
        shown == nullptr ? recorded : in_terms_of_wanted(type_, row, target, *shown);
    if (wanted == nullptr && shown == nullptr && was_managed && target.is_null()) {
      // Cleared, with nothing to compare to: whatever was set has to be unset.
    } else if (same_meaning(row, target, current, secret_key_)) {
      return;
    }
    if (wanted == nullptr && target.is_null() && current.is_null()) return;

    const bool drift =
        shown != nullptr && was_managed && same_meaning(row, target, recorded, secret_key_);
    std::string reason;
    std::string loss;
    OnChange cost = row.on_change;
    if (type_.judge_change != nullptr && !target.contains_unknown()) {
      cost = type_.judge_change(current, target, row.name, reason, loss);
    }
    if (cost == OnChange::replace_losing_data && loss.empty()) loss = std::string(row.loss);
    std::vector<Change> changes;
    // What the cloud shows in clear may have come from a secret, by the state or by the author.
    const Value before =
        comparable(comparable(current, recorded, secret_key_), target, secret_key_);
    collect_changes(std::string(row.name), before, comparable(target, before, secret_key_),
                    changes);
    if (changes.empty()) {  // differs in a way that redaction hides: a secret
      Change change;
      change.path = std::string(row.name);
      change.before = redacted(current);
      change.after = redacted(target);
      changes.push_back(std::move(change));
    }
    for (Change& change : changes) {
      change.secret = change.secret || row.secret;
      change.drift = drift;
      change.forces_replace = cost != OnChange::update;
      result_.changes.push_back(std::move(change));
    }
    result_.changed.emplace_back(row.name);
    if (drift) {
      result_.reasons.push_back(fmt::format("{} was changed outside firn", row.name));
    }
    if (cost != OnChange::update) {
      result_.reasons.push_back(
          reason.empty() ? fmt::format("{} cannot be changed in place", row.name) : reason);
    } else if (!reason.empty()) {
      result_.reasons.push_back(reason);
    }
    if (!loss.empty()) result_.losses.push_back(loss);
    if (cost == OnChange::replace && !row.loss.empty()) {
      result_.notes.push_back(note_of_loss(row.loss));
    }
    result_.cost = std::max(result_.cost, cost);
  }

  const ResourceType& type_;
  const StoredResource& stored_;
  const Observation* seen_;
  const Value& desired_;
  const std::string& secret_key_;
  Comparison result_;
};

}  // namespace

Value in_terms_of_wanted(const ResourceType& type, const Attribute& row, const Value& wanted,
                         const Value& shown) {
  return type.in_terms_of == nullptr ? shown : type.in_terms_of(row.name, wanted, shown);
}

std::string note_of_loss(std::string_view what) {
  return fmt::format("lost with the old one: {}", what);
}

Comparison compare(const ResourceType& type, const StoredResource& stored, const Observation* seen,
                   const Value& desired, const std::string& secret_key) {
  Comparer comparer(type, stored, seen, desired, secret_key);
  return comparer.compare();
}

}  // namespace firn
