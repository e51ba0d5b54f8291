// The state's file as a file: its place, its permissions, its first bytes.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/state/state_store.h"

namespace firn {

// Not `exists`: also true of something that may not be looked at.
[[nodiscard]] bool is_there(const std::string& path);
[[nodiscard]] std::string folder_of(const std::string& path);
// Makes a rename or removal in the folder of `path` last through a power cut.
void sync_folder_of(const std::string& path);

// Makes the folder if need be; refuses one that cannot be written.
[[nodiscard]] Status prepare_folder(const StateLocation& location);
[[nodiscard]] Status check_writable(const StateLocation& location);
// Refuses what cannot be an SQLite database, before SQLite touches it.
[[nodiscard]] Status check_magic(const StateLocation& location);
// A new, empty file that nobody else can read: the state holds the key of the sealed secrets.
[[nodiscard]] Status make_private_file(const StateLocation& location, const std::string& path);

// What stands in a state's place while `firn state restore` puts another file there.
inline constexpr std::string_view restore_mark = "firn: a restore of this state was cut short\n";

}  // namespace firn
