#include "core/stack/words.h"

#include <algorithm>
#include <array>

namespace firn {
namespace {

constexpr std::string_view parameters_doc =
    "Values for the parameters that the stack or the component declares, by name.";
constexpr std::string_view for_each_doc =
    "One object for each item of a list of texts, or for each entry of a map; ${each.key} and "
    "${each.value} are known inside.";
constexpr std::string_view when_doc = "Whether it exists at all.";
constexpr std::string_view naming_doc = "How physical names are built.";
constexpr std::string_view tags_doc =
    "Tags for every AWS object that can carry tags, added to its own.";

constexpr std::array stack_table{
    Word{"stack", "The stack's name: it goes into the state and the marks on all objects."},
    Word{"description", "For people."},
    Word{"naming", naming_doc},
    Word{"defaults", "Settings of the clouds that an environment may override."},
    Word{"parameters", "What an environment or the command line may set."},
    Word{"resources", "The objects, by address."},
    Word{"outputs", "Values to print at the end, and for `firn output`."},
};

constexpr std::array component_table{
    Word{"component", "The component's name: that of its file without .yaml."},
    Word{"description", "For people."},
    Word{"parameters", "What a use of the component may set."},
    Word{"resources", "The objects, by address; the address of the use stands in front."},
    Word{"outputs", "Values that the user of the component may refer to."},
};

constexpr std::array parameter_table{
    Word{"type", "The kind of its value."},
    Word{"default", "Its value when nobody sets it; without one it must be set."},
    Word{"doc", "What it is for."},
    Word{"allowed", "The only values that it may have."},
    Word{"secret", "Whether its value is a secret: never stored, never shown."},
};

constexpr std::array parameter_type_table{
    Word{"string", "A text."},
    Word{"integer", "A whole number."},
    Word{"number", "A number."},
    Word{"boolean", "true or false."},
    Word{"list", "A list."},
    Word{"map", "A map."},
    Word{"any", "Any value."},
    Word{"object", "An object that is referred to: ${data}."},
    Word{"path", "A file or folder, relative to the YAML file that names it."},
};

constexpr std::array resource_table{
    Word{"type", "What it is; `firn explain` lists the types."},
    Word{"component", "The component that is used: a name below stacks/components, or a path."},
    Word{"name", "The physical name, in place of the conventional one."},
    Word{"called", "What the conventional name calls it, in place of the address."},
    Word{"for_each", for_each_doc},
    Word{"when", when_doc},
    Word{"depends_on", "Addresses to wait for although nothing refers to them."},
    Word{"protect", "Whether removing or replacing it is refused. Kept in the state."},
    Word{"parameters", parameters_doc},
};

constexpr std::array component_use_table{
    Word{"component", "The component that is used: a name below stacks/components, or a path."},
    Word{"parameters", parameters_doc},
    Word{"for_each", for_each_doc},
    Word{"when", when_doc},
};

constexpr std::array overlay_table{
    Word{"naming", naming_doc},
    Word{"parameters", parameters_doc},
    Word{"tags", tags_doc},
    Word{"state", "Where the state is kept."},
};

constexpr std::array environment_table{
    Word{"naming", naming_doc},
    Word{"parameters", "Values for the parameters of every stack, by name."},
    Word{"tags", tags_doc},
    Word{"state", "Where the state is kept."},
    Word{"environment", "Its name: lower-case letters, digits and hyphens. It goes into names."},
    Word{"stacks", "What holds for one stack only, by the stack's name."},
    Word{"description", "For people."},
};

constexpr std::array naming_table{
    Word{"project", "What {project} stands for; the stack's name otherwise."},
    Word{"short", "What {short} stands for; the first letters of the project's words otherwise."},
    Word{"env", "What {env} stands for; the environment's name otherwise."},
    Word{"names", "Name templates, by kind of name (aws, iam, …) or by type."},
};

constexpr std::array state_table{
    Word{"backend", "What keeps it."},
    Word{"path", "The file, in place of .firn/STACK.ENVIRONMENT.state.db."},
    Word{"backups",
         "How many copies are kept, one from before each run that changes something: 10 "
         "unless said otherwise, 0 for none."},
};

constexpr std::array state_backend_table{
    Word{"sqlite", "One SQLite file for each stack and environment."},
};

constexpr auto resource_names = [] {
  std::array<std::string_view, resource_table.size()> names{};
  std::ranges::transform(resource_table, names.begin(), &Word::name);
  return names;
}();

constexpr std::array<std::string_view, 6> reserved{"env", "param", "each", "true", "false", "null"};

}  // namespace

std::span<const Word> stack_words() {
  return stack_table;
}
std::span<const Word> component_words() {
  return component_table;
}
std::span<const Word> parameter_words() {
  return parameter_table;
}
std::span<const Word> parameter_types() {
  return parameter_type_table;
}
std::span<const Word> resource_words() {
  return resource_table;
}
std::span<const std::string_view> meta_keys() {
  return resource_names;
}
std::span<const Word> component_use_words() {
  return component_use_table;
}
std::span<const Word> environment_words() {
  return environment_table;
}
std::span<const Word> overlay_words() {
  return overlay_table;
}
std::span<const Word> naming_words() {
  return naming_table;
}
std::span<const Word> state_words() {
  return state_table;
}

std::span<const Word> state_backends() {
  return state_backend_table;
}

std::span<const std::string_view> reserved_names() {
  return reserved;
}

bool contains(std::span<const Word> words, std::string_view name) {
  return std::ranges::find(words, name, &Word::name) != words.end();
}

std::vector<std::string_view> names_of(std::span<const Word> words) {
  std::vector<std::string_view> names;
  names.reserve(words.size());
  for (const Word& word : words)
    names.push_back(word.name);
  return names;
}

}  // namespace firn
