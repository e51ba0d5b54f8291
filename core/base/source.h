// Where in an author's file something stands.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace firn {

// The name of a file, as a place in it prints it. Copies share the text: a stack has a hundred
// thousand places and few files.
class FileName {
 public:
  FileName() = default;
  FileName(std::string name)
      : name_(name.empty() ? nullptr : std::make_shared<const std::string>(std::move(name))) {}
  FileName(std::string_view name) : FileName(std::string(name)) {}
  FileName(const char* name) : FileName(std::string(name)) {}

  [[nodiscard]] const std::string& str() const { return name_ != nullptr ? *name_ : none(); }
  [[nodiscard]] bool empty() const { return name_ == nullptr; }
  bool operator==(const FileName& other) const {
    return name_ == other.name_ || str() == other.str();
  }

 private:
  static const std::string& none() {
    static const std::string empty;
    return empty;
  }
  std::shared_ptr<const std::string> name_;  // nullptr: empty
};

// A span on one line of a file that a person wrote. Lines and columns count from 1, columns in
// bytes. An empty `file` means "no place" (a value that came from a flag or from the engine).
struct SourceRange {
  FileName file = {};
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;

  [[nodiscard]] bool is_known() const { return !file.empty(); }
  bool operator==(const SourceRange&) const = default;
};

}  // namespace firn
