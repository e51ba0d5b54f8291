// What the fuzz targets share. A target is one file that defines try_input().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/result.h"
#include "core/value/value.h"

namespace firn::fuzz {

// Feeds one input to what is tried. A broken promise ends the process (require below), as does what
// a sanitizer sees.
void try_input(std::string_view input);

// Aborts with what was promised and what came instead.
void require(bool holds, std::string_view promise, std::string_view shown = {});

// The input cut at lines that hold nothing but "----": several texts in one file that a person can
// read and change.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view input);
// The part, or "" behind the last one.
[[nodiscard]] std::string_view part(const std::vector<std::string_view>& parts, std::size_t index);
// The first line, taken off the text.
[[nodiscard]] std::string_view take_line(std::string_view& text);
// A number in decimal, 0 for anything else.
[[nodiscard]] int number_of(std::string_view text);

// Every place lies inside the text: lines from 1, columns from 1 to just behind the line's end; on
// a blank line anywhere.
void require_places(const Diagnostics& diagnostics, std::string_view text);
void require_place(const SourceRange& where, std::string_view text);
// What people are shown says something, is no bug of ours, and holds none of `secret`.
void require_told(const Error& error, std::string_view secret = {});
void require_told(const Diagnostics& diagnostics, std::string_view secret);
// No text in the value holds it, except behind a secret's mark.
void require_kept_secret(const Value& value, std::string_view secret);
// Written as JSON and read again it is the same, twice over.
void require_stable_json(const Value& value);

// A file in a folder of the process's own, for readers that take a path; overwritten by the next.
[[nodiscard]] std::string file_with(std::string_view name, std::string_view content);
// That folder.
[[nodiscard]] const std::string& scratch_folder();

}  // namespace firn::fuzz
