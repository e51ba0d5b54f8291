// The reference pages, as Markdown, from the schema tables. docs/reference holds them;
// scripts/reference.sh writes them anew.
#pragma once

#include <span>
#include <string>

#include "core/schema/resource_type.h"

namespace firn::cli {

// The page of one type.
[[nodiscard]] std::string reference_page(const ResourceType& type);
// The list of all types, with links.
[[nodiscard]] std::string reference_index(std::span<const ResourceType* const> types);
// The page of the expression functions.
[[nodiscard]] std::string reference_functions();

}  // namespace firn::cli
