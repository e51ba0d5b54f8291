#include "providers/aws/lambda_handler.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "core/base/text.h"

namespace firn::aws {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

void missing(const std::string& folder, const std::string& handler, const std::string& file,
             std::vector<Problem>& problems) {
  Problem problem;
  problem.path = "handler";
  problem.summary =
      fmt::format("the handler's file {} is missing", (fs::path(folder) / file).string());
  problem.detail = fmt::format("the handler \"{}\" names it", handler);
  problem.remedy = "add the file, or mend the handler or the code folder";
  problems.push_back(std::move(problem));
}

}  // namespace

void check_handler(const std::string& folder, const Value& inputs, std::vector<Problem>& problems) {
  const Value& runtime = inputs.at("runtime");
  const Value& handler = inputs.at("handler");
  if (!runtime.is_string() || !handler.is_string()) return;
  const std::string& language = runtime.as_string();
  const std::string& name = handler.as_string();
  if (language.starts_with("provided")) {
    if (!is_file(fs::path(folder) / "bootstrap")) missing(folder, name, "bootstrap", problems);
    return;
  }
  std::vector<std::string> suffixes;
  if (language.starts_with("python")) {
    suffixes = {".py", "/__init__.py", ".so"};
  } else if (language.starts_with("nodejs")) {
    suffixes = {".js", ".mjs", ".cjs"};
  } else if (language.starts_with("ruby")) {
    suffixes = {".rb"};
  } else {
    return;
  }
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == name.size()) {
    Problem problem;
    problem.path = "handler";
    problem.summary = fmt::format("\"{}\" is not a handler", name);
    problem.detail = "it names a file and what to call in it, with a dot between";
    problem.remedy = "write for example process.lambda_handler";
    problems.push_back(std::move(problem));
    return;
  }
  std::string stem = name.substr(0, dot);
  // Python's modules may be in folders, named with dots (or slashes).
  if (language.starts_with("python")) stem = replace_all(std::move(stem), ".", "/");
  const Value& layers = inputs.at("layers");
  const bool has_layers = layers.is_list() && !layers.as_list().empty();
  if (has_layers && stem.find('/') != std::string::npos) return;
  const bool is_there = std::any_of(suffixes.begin(), suffixes.end(), [&](const std::string& end) {
    return is_file(fs::path(folder) / (stem + end));
  });
  if (!is_there) missing(folder, name, stem + suffixes.front(), problems);
}

bool is_reserved_variable(std::string_view name) {
  constexpr std::array<std::string_view, 13> kReserved{
      "AWS_ACCESS_KEY",     "AWS_ACCESS_KEY_ID",     "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
      "AWS_REGION",         "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY",     "AWS_SESSION_TOKEN",
      "AWS_SECURITY_TOKEN", "LAMBDA_RUNTIME_DIR",    "LAMBDA_TASK_ROOT",   "_HANDLER",
      "_X_AMZN_TRACE_ID"};
  // AWS_LAMBDA_EXEC_WRAPPER is meant to be set.
  if (name == "AWS_LAMBDA_EXEC_WRAPPER") return false;
  return name.starts_with("AWS_LAMBDA_") ||
         std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

bool is_variable_name(std::string_view name) {
  return name.size() >= 2 && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

}  // namespace firn::aws
