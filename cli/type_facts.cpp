#include "cli/type_facts.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace firn::cli {
namespace {

// "3 to 63 characters", "at least 1 item", "at most 900".
std::string bounds_of(const Attribute& row) {
  const bool is_length = row.kind == AttributeKind::string || row.kind == AttributeKind::list ||
                         row.kind == AttributeKind::map;
  const bool has_minimum = row.minimum != INT64_MIN && !(is_length && row.minimum <= 0);
  const bool has_maximum = row.maximum != INT64_MAX;
  if (!has_minimum && !has_maximum) return {};
  std::string text = !has_minimum   ? fmt::format("at most {}", row.maximum)
                     : !has_maximum ? fmt::format("at least {}", row.minimum)
                     : row.minimum == row.maximum
                         ? fmt::format("exactly {}", row.minimum)
                         : fmt::format("{} to {}", row.minimum, row.maximum);
  if (!is_length) return text;
  const std::int64_t last = has_maximum ? row.maximum : row.minimum;
  if (row.kind == AttributeKind::map) return text + (last == 1 ? " entry" : " entries");
  text += row.kind == AttributeKind::list ? " item" : " character";
  return last == 1 ? text : text + "s";
}

// The input inside which a name is unique.
bool is_container(const Attribute& row) {
  const bool is_word =
      row.name == "schema" || row.name == "database" || row.name == "bus" || row.name == "group";
  return is_word && row.identity && !row.computed;
}

}  // namespace

std::string_view kind_word(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::string:
      return "string";
    case AttributeKind::integer:
      return "integer";
    case AttributeKind::number:
      return "number";
    case AttributeKind::boolean:
      return "boolean";
    case AttributeKind::list:
      return "list";
    case AttributeKind::map:
      return "map";
    case AttributeKind::object:
      return "object";
    case AttributeKind::any:
      return "any";
  }
  return "any";
}

std::string kind_text(const Attribute& row) {
  std::string text(kind_word(row.kind));
  if (row.element != nullptr) text += fmt::format(" of {}", kind_text(*row.element));
  return text;
}

std::string_view change_word(OnChange change) {
  switch (change) {
    case OnChange::update:
      return "in place";
    case OnChange::replace:
      return "replaces the object";
    case OnChange::replace_losing_data:
      return "replaces the object and loses data";
  }
  return "in place";
}

std::span<const Attribute> fields_of(const Attribute& row) {
  if (!row.fields.empty()) return row.fields;
  return row.element != nullptr ? fields_of(*row.element) : std::span<const Attribute>{};
}

std::vector<std::string> facts_of(const Attribute& row) {
  std::vector<std::string> facts;
  if (!row.computed && row.on_change != OnChange::update) {
    facts.push_back(fmt::format("a change {}", change_word(row.on_change)));
  }
  if (!row.loss.empty()) facts.push_back(fmt::format("lost with it: {}", row.loss));
  if (!row.default_json.empty()) facts.push_back(fmt::format("default {}", row.default_json));
  if (row.chosen_by_cloud) facts.emplace_back("when it is not given, the cloud chooses it");
  if (!row.allowed.empty()) facts.push_back(fmt::format("one of {}", fmt::join(row.allowed, ", ")));
  if (std::string bounds = bounds_of(row); !bounds.empty()) facts.push_back(std::move(bounds));
  if (!row.takes.empty()) {
    facts.push_back(fmt::format("${{object}} stands for its {}",
                                replace_all(std::string(row.takes), ",", " and ")));
  }
  if (row.weak) facts.emplace_back("a reference here does not make the object wait");
  if (row.exercises) facts.emplace_back("creating this object uses what is referred to");
  if (!row.permitted_by.empty()) {
    facts.push_back(fmt::format("waits for every {} of what is referred to", row.permitted_by));
  }
  if (row.on_target_replaced == OnTargetReplaced::replace) {
    facts.emplace_back("when that object is made anew, so is this one");
  } else if (row.on_target_replaced == OnTargetReplaced::update) {
    facts.emplace_back("when that object is made anew, this one is linked to it again");
  }
  if (!row.broken_by_change_of.empty()) {
    facts.push_back(fmt::format("a change of that object's {} also makes this one anew",
                                row.broken_by_change_of));
  }
  if (!row.moves_with.empty()) {
    facts.push_back(fmt::format("a change of {} gives it another value", row.moves_with));
  }
  if (row.updated_with_target) {
    facts.emplace_back("whatever is done to that object, this one is updated after it");
  }
  if (row.secret) facts.emplace_back("secret: never stored or shown");
  if (row.write_only) facts.emplace_back("the cloud does not show it: drift cannot be seen");
  return facts;
}

std::string import_text(const ResourceType& type, std::string_view quote) {
  if (type.is_lookup) return {};
  const auto quoted = [quote](std::string_view text) {
    return fmt::format("{0}{1}{0}", quote, text);
  };
  const std::string command = "firn import STACK ADDRESS";
  if (type.name_rule.form != NameForm::none) {
    std::string where;
    for (const Attribute& row : type.attributes) {
      if (is_container(row)) where = fmt::format(", in its {}", quoted(row.name));
    }
    return fmt::format("{} finds it by the name that the stack gives it{}; {} by another name.",
                       quoted(command), where, quoted(command + " NAME"));
  }
  std::vector<std::string> inputs;
  for (const std::string_view name : type.import_by)
    inputs.push_back(quoted(name));
  std::string text;
  if (!inputs.empty()) {
    const std::string last = inputs.back();
    inputs.pop_back();
    const std::string others = join(inputs, ", ");
    text = fmt::format("{} finds it by its {}{}{}", quoted(command), others,
                       others.empty() ? "" : " and ", last);
  }
  if (!type.import_id.empty()) {
    text += fmt::format("{}{}{} by {}", text.empty() ? "" : "; ", quoted(command + " ID"),
                        text.empty() ? " finds it" : "", type.import_id);
  }
  return text.empty() ? text : text + ".";
}

}  // namespace firn::cli
