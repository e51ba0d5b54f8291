#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

bool is_name_character(char c) {
  constexpr std::string_view marks = "_+=,.@-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         marks.find(c) != std::string_view::npos;
}

std::size_t page_number(const std::string& text, std::size_t fallback) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

constexpr std::size_t usual_page = 100;
constexpr std::size_t longest_path = 512;
constexpr std::size_t longest_description = 1000;

}  // namespace

Refusal no_such_entity(std::string message) {
  return {404, "NoSuchEntity", std::move(message)};
}
Refusal limit_exceeded(std::string message) {
  return {409, "LimitExceeded", std::move(message)};
}

Refusal validation_error(const std::string& value, std::string_view member,
                         std::string_view constraint) {
  return {400, "ValidationError",
          fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy "
                      "constraint: {}",
                      value, member, constraint)};
}

std::string required(const Form& input, const std::string& name) {
  auto value = input.find(name);
  if (value) return *value;
  std::string member = name;
  member[0] = static_cast<char>(member[0] - 'A' + 'a');
  throw Refusal{400, "ValidationError",
                fmt::format("1 validation error detected: Value null at '{}' failed to satisfy "
                            "constraint: Member must not be null",
                            member)};
}

void check_name(const std::string& name, std::string_view member, std::size_t longest) {
  if (name.empty()) {
    throw validation_error(name, member, "Member must have length greater than or equal to 1");
  }
  if (name.size() > longest) {
    throw validation_error(
        name, member, fmt::format("Member must have length less than or equal to {}", longest));
  }
  if (!std::all_of(name.begin(), name.end(), is_name_character)) {
    throw Refusal{400, "ValidationError",
                  fmt::format("The specified value for {} is invalid. It must contain only "
                              "alphanumeric characters and/or the following: +=,.@_-",
                              member)};
  }
}

void check_path(const std::string& path) {
  const bool fits = !path.empty() && path.size() <= longest_path && path.front() == '/' &&
                    path.back() == '/' &&
                    std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20; });
  if (!fits) {
    throw Refusal{400, "ValidationError",
                  "The specified value for path is invalid. It must begin and end with / and "
                  "contain only alphanumeric characters and/or / characters."};
  }
}

void check_description(const std::string& description) {
  if (description.size() > longest_description) {
    throw validation_error(description, "description",
                           "Member must have length less than or equal to 1000");
  }
  const auto bad = std::any_of(description.begin(), description.end(), [](char c) {
    return c == 0x7F || (c >= 0 && c < 0x20 && c != '\n' && c != '\r' && c != '\t');
  });
  if (bad) {
    throw validation_error(description, "description",
                           "Member must satisfy regular expression pattern: "
                           "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*");
  }
}

Value checked_document(const std::string& text, PolicyKind kind) {
  auto parsed = parse_policy(text, kind);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) {
    throw Refusal{400, "MalformedPolicyDocument", problem->message};
  }
  return std::get<Value>(std::move(parsed));
}

std::size_t counted_size(std::string_view document) {
  return static_cast<std::size_t>(std::count_if(document.begin(), document.end(), [](char c) {
    return c != ' ' && c != '\t' && c != '\n' && c != '\r';
  }));
}

Map merged_tags(const Map& present, const Map& added) {
  Map tags = present;
  for (const auto& [key, value] : added) {
    for (const auto& [old_key, old_value] : present) {
      if (old_key != key && equals_ignoring_case(old_key, key)) tags.erase(old_key);
    }
    tags.set(key, value);
  }
  using What = TagProblem::What;
  const TagProblem problem = check_tags(tags);
  if (problem.what == What::too_many) {
    throw limit_exceeded("The number of tags has reached the maximum limit.");
  }
  if (problem.what != What::none) {
    throw Refusal{
        400, "InvalidInput",
        fmt::format("Invalid tag: the key or value of \"{}\" is not allowed.", problem.key)};
  }
  return tags;
}

void write_tags(Xml& xml, const Value& document) {
  xml.open("Tags");
  for (const auto& [key, value] : tags_of(document)) {
    xml.open("member").leaf("Key", key).leaf("Value", value.as_string()).close();
  }
  xml.close();
}

Value holder_named(Call& call, std::string_view kind, const std::string& name) {
  call.target = name;
  const Value* holder = find(call.world, call.account, kind, name);
  if (!holder) {
    throw no_such_entity(fmt::format("The {} with name {} cannot be found.", kind, name));
  }
  return *holder;
}

void check_boundary(const Call& call, const std::string& arn) {
  if (!managed_document(call.world, arn, false)) {
    throw no_such_entity(fmt::format("Scope ARN: {} does not exist or is not attachable.", arn));
  }
}

Value policy_with_arn(Call& call, const std::string& arn) {
  call.target = arn;
  const auto named = name_in_arn(arn, "policy");
  if (!named) {
    throw Refusal{400, "ValidationError", fmt::format("ARN {} is not valid.", arn)};
  }
  const Value* policy = find(call.world, call.account, "policy", named->name);
  if (named->account != call.account || !policy || policy->string_or("arn", "") != arn) {
    throw no_such_entity(fmt::format("Policy {} was not found.", arn));
  }
  return *policy;
}

void write_page(Xml& xml, const Form& input, std::string_view list_name, std::size_t count,
                const std::function<void(std::size_t)>& write) {
  const std::size_t from = std::min(count, page_number(input.get("Marker"), 0));
  const std::size_t size = page_number(input.get("MaxItems"), usual_page);
  const std::size_t to = std::min(count, from + std::max<std::size_t>(1, size));
  xml.open(list_name);
  for (std::size_t i = from; i < to; ++i)
    write(i);
  xml.close();
  xml.leaf("IsTruncated", to < count ? "true" : "false");
  if (to < count) xml.leaf("Marker", fmt::format("{}", to));
}

std::string trust_text(const World& world, const Value& role) {
  const StoredPolicy trust = unpack(role.at("trust"));
  if (role.bool_or("trust_changed", false) || has_stale_principal(world, trust)) {
    return to_json(present_policy(world, trust));
  }
  return role.string_or("trust_text", "");
}

void write_role(Call& call, Xml& xml, const Value& role, RoleDetail detail) {
  xml.leaf("Path", role.string_or("path", ""));
  xml.leaf("RoleName", role.string_or("name", ""));
  xml.leaf("RoleId", role.string_or("id", ""));
  xml.leaf("Arn", role.string_or("arn", ""));
  xml.leaf("CreateDate", iso(role.int_or("created_at", 0)));
  xml.leaf("AssumeRolePolicyDocument", percent_encode(trust_text(call.world, role)));
  xml.leaf_if("Description", role.string_or("description", ""));
  const std::int64_t session = role.int_or("max_session", 3600);
  if (detail != RoleDetail::created || session != 3600) {
    xml.leaf("MaxSessionDuration", fmt::format("{}", session));
  }
  if (detail == RoleDetail::listed) return;
  if (const std::string boundary = role.string_or("boundary", ""); !boundary.empty()) {
    xml.open("PermissionsBoundary").leaf("PermissionsBoundaryType", "Policy");
    xml.leaf("PermissionsBoundaryArn", boundary).close();
  }
  if (!tags_of(role).empty()) write_tags(xml, role);
  if (detail == RoleDetail::full) xml.raw("<RoleLastUsed/>");
}

std::int64_t attachment_count(const World& world, const std::string& account,
                              const std::string& policy_arn) {
  std::int64_t count = 0;
  for (const char* kind : {"role", "user"}) {
    for (const Value& holder : all(world, account, kind)) {
      for (const Value& arn : holder.at("attached").as_list()) {
        if (arn.as_string() == policy_arn) ++count;
      }
    }
  }
  return count;
}

std::int64_t boundary_count(const World& world, const std::string& account,
                            const std::string& policy_arn) {
  std::int64_t count = 0;
  for (const char* kind : {"role", "user"}) {
    for (const Value& holder : all(world, account, kind)) {
      if (holder.string_or("boundary", "") == policy_arn) ++count;
    }
  }
  return count;
}

void write_policy(Call& call, Xml& xml, const Value& policy, bool listed) {
  const std::string arn = policy.string_or("arn", "");
  xml.leaf("PolicyName", policy.string_or("name", ""));
  xml.leaf("PolicyId", policy.string_or("id", ""));
  xml.leaf("Arn", arn);
  xml.leaf("Path", policy.string_or("path", ""));
  xml.leaf("DefaultVersionId", policy.string_or("default_version", ""));
  xml.leaf("AttachmentCount", fmt::format("{}", attachment_count(call.world, call.account, arn)));
  xml.leaf("PermissionsBoundaryUsageCount",
           fmt::format("{}", boundary_count(call.world, call.account, arn)));
  xml.leaf("IsAttachable", "true");
  xml.leaf("CreateDate", iso(policy.int_or("created_at", 0)));
  xml.leaf("UpdateDate", iso(policy.int_or("updated_at", 0)));
  if (listed) return;
  xml.leaf_if("Description", policy.string_or("description", ""));
  write_tags(xml, policy);
}

}  // namespace firn::sandbox::aws::iam
