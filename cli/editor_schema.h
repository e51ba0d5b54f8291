// The JSON Schema of stack, component and environment files, for editors: `firn schema`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/document.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::cli {

// A file of the project that others refer to by its name.
struct KnownFile {
  std::string name;
  std::shared_ptr<const config::Document> document;
};

// What the schema knows of the project that it is made in; nothing of it need be there.
struct KnownFiles {
  std::vector<KnownFile> components;
  std::vector<KnownFile> stacks;
};

// Reads the components and stacks of a project. What cannot be read is left out: a file that is
// being edited is often broken.
[[nodiscard]] KnownFiles read_known_files(const std::string& root);

// `kind` is stack, environment or component; "" makes one schema for all three, which tells a file
// by the key that names it.
[[nodiscard]] Value editor_schema(std::string_view kind,
                                  const std::vector<const ResourceType*>& types,
                                  const KnownFiles& known);

}  // namespace firn::cli
