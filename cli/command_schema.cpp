// schema: the JSON Schema by which an editor completes and checks the project's files.
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include "cli/all_types.h"
#include "cli/commands.h"
#include "cli/editor_schema.h"
#include "cli/project.h"
#include "core/value/json.h"

namespace firn::cli {

int run_schema(const Arguments& arguments, Console& console) {
  const Value schema = editor_schema(arguments.subject, all_types(), read_known_files(find_root()));
  const std::string text = to_pretty_json(schema) + "\n";
  if (arguments.out_file.empty()) {
    console.out(text);
    return kExitOk;
  }
  std::ofstream file(arguments.out_file, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) {
    Error error;
    error.kind = ErrorKind::storage;
    error.summary = fmt::format("cannot write {}", arguments.out_file);
    error.detail = std::strerror(errno);
    error.remedy = "choose a place that you may write to";
    console.show(error);
    return kExitError;
  }
  return kExitOk;
}

}  // namespace firn::cli
