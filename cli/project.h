// A project: the folder that holds stacks/ and environments/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/config/document.h"

namespace firn::cli {

struct Project {
  std::string root;        // "" is the current folder
  std::string stack_file;  // as it is shown in messages: relative where it can be
  std::string environment_file;
  std::string components_folder;
  std::shared_ptr<const config::Document> stack_document;
  std::string stack_name;  // as the file says

  [[nodiscard]] std::string path(const std::string& below) const;  // root/below
};

// Finds stack and environment: `stack` is a name below stacks/ here or in a folder above, a folder
// with a stack.yaml, or a file. The environment's file is environments/<name>.yaml beside the stack
// or in the project's root.
[[nodiscard]] std::optional<Project> find_project(const std::string& stack,
                                                  const std::string& environment,
                                                  Diagnostics& diagnostics);

// The project's root alone, from the current folder upwards; "" when there is none.
[[nodiscard]] std::string find_root();

// Names of stacks and environments that are there, for messages and completion.
[[nodiscard]] std::vector<std::string> stack_names(const std::string& root);
[[nodiscard]] std::vector<std::string> environment_names(const std::string& root);

}  // namespace firn::cli
