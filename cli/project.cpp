#include "cli/project.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <functional>

#include "core/base/text.h"

namespace firn::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_below(const fs::path& folder,
                                     const std::function<std::string(const fs::path&)>& name_of) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (std::string name = name_of(entry.path()); !name.empty()) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::string suggest(const std::string& wrong, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return suggestion(wrong, views);
}

// The shorter of a path relative to the current folder and the path itself.
std::string shown(const fs::path& path) {
  std::error_code error;
  const fs::path relative = fs::relative(path, fs::current_path(error), error);
  if (error || relative.empty() || relative.native().starts_with("../../..")) return path.string();
  return relative.string();
}

fs::path stack_path(const std::string& stack, const std::string& root) {
  const fs::path given(stack);
  std::error_code error;
  if (fs::is_regular_file(given, error)) return given;
  if (fs::is_regular_file(given / "stack.yaml", error)) return given / "stack.yaml";
  return fs::path(root) / "stacks" / stack / "stack.yaml";
}

}  // namespace

std::string Project::path(const std::string& below) const {
  return root.empty() ? below : (fs::path(root) / below).lexically_normal().string();
}

std::string find_root() {
  std::error_code error;
  fs::path folder = fs::current_path(error);
  while (!folder.empty()) {
    if (fs::is_directory(folder / "stacks", error) ||
        fs::is_directory(folder / "environments", error)) {
      return shown(folder);
    }
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return {};
}

std::vector<std::string> stack_names(const std::string& root) {
  return names_below(fs::path(root) / "stacks", [](const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path / "stack.yaml", error) ? path.filename().string()
                                                           : std::string();
  });
}

std::vector<std::string> environment_names(const std::string& root) {
  return names_below(fs::path(root) / "environments", [](const fs::path& path) {
    return path.extension() == ".yaml" ? path.stem().string() : std::string();
  });
}

std::optional<Project> find_project(const std::string& stack, const std::string& environment,
                                    Diagnostics& diagnostics) {
  Project project;
  project.root = find_root();
  const fs::path file = stack_path(stack, project.root);
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    const auto names = stack_names(project.root);
    diagnostics.error(
        {}, fmt::format("there is no stack \"{}\"", stack),
        fmt::format("Looked for the file {0}, for {0}/stack.yaml and for {1}.", stack, shown(file)),
        names.empty() ? std::string("run it in a project's folder, or start one with "
                                    "`firn init`")
                      : suggest(stack, names));
    return std::nullopt;
  }
  project.stack_file = shown(file);
  // A stack outside of any project is a project of its own.
  const fs::path stack_folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  if (project.root.empty()) project.root = shown(stack_folder);
  project.components_folder = project.path("stacks/components");
  for (const fs::path& folder : {stack_folder, fs::path(project.root)}) {
    const fs::path candidate = folder / "environments" / (environment + ".yaml");
    if (fs::is_regular_file(candidate, error)) {
      project.environment_file = shown(candidate);
      break;
    }
  }
  if (project.environment_file.empty()) {
    const auto names = environment_names(project.root);
    diagnostics.error(
        {}, fmt::format("there is no environment \"{}\"", environment),
        fmt::format("Looked for {}.", project.path("environments/" + environment + ".yaml")),
        names.empty() ? std::string("start a project with `firn init`")
                      : suggest(environment, names));
    return std::nullopt;
  }
  project.stack_document = config::Document::load(project.stack_file, {}, diagnostics);
  if (project.stack_document == nullptr) return std::nullopt;
  const config::Node name = project.stack_document->root().find("stack");
  if (!name.is_scalar() || name.text().empty()) {
    diagnostics.error(project.stack_document->root().where(), "the stack has no name",
                      "Its name goes into ownership marks and the state.",
                      "add a line like stack: finance");
    return std::nullopt;
  }
  project.stack_name = std::string(name.text());
  return project;
}

}  // namespace firn::cli
