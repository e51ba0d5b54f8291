// What procedures are known by, which the parser asks for, too.
#include "sandbox/snowflake/procedure.h"
#include "sandbox/snowflake/types.h"

namespace firn::sandbox::snowflake {

std::string bare_type(const TypeText& type) {
  const auto text = canonical(data_type(type));
  return text.substr(0, text.find('('));
}

std::string procedure_key(const std::string& name, const std::vector<TypeText>& types) {
  std::string list;
  for (const auto& type : types)
    list += (list.empty() ? "" : ", ") + bare_type(type);
  return name + "(" + list + ")";
}

std::string returned_type(const TypeText& type) {
  return canonical(data_type(type));
}

}  // namespace firn::sandbox::snowflake
