#include "sandbox/log.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace firn::sandbox {
namespace {

constexpr std::string_view collection = "log";

// The store keeps JSON, so a byte that is no text (a name somebody sent) is written as %XX.
std::string as_text(const std::string& bytes) {
  for (const char byte : bytes) {
    if (static_cast<unsigned char>(byte) >= 0x80) return percent_encode(bytes, true);
  }
  return bytes;
}

Value to_document(const LogEntry& entry) {
  return Map{{"at", std::int64_t{entry.at.time_since_epoch().count()}},
             {"cloud", entry.cloud},
             {"service", entry.service},
             {"operation", as_text(entry.operation)},
             {"target", as_text(entry.target)},
             {"address", as_text(entry.address)},
             {"status", entry.status},
             {"error", entry.error}};
}

LogEntry from_document(const Value& document) {
  LogEntry entry;
  entry.at = Instant(Duration(document.int_or("at", 0)));
  entry.cloud = document.string_or("cloud", "");
  entry.service = document.string_or("service", "");
  entry.operation = document.string_or("operation", "");
  entry.target = document.string_or("target", "");
  entry.address = document.string_or("address", "");
  entry.status = static_cast<int>(document.int_or("status", 0));
  entry.error = document.string_or("error", "");
  return entry;
}

}  // namespace

void RequestLog::move_into(Store& store) {
  for (const LogEntry& entry : waiting_) {
    store.put(collection, fmt::format("{:012}", store.next_number()), to_document(entry));
  }
  waiting_.clear();
}

std::vector<LogEntry> RequestLog::all(const Store& store) const {
  std::vector<LogEntry> entries;
  for (const auto& [key, document] : store.list(collection)) {
    entries.push_back(from_document(document));
  }
  entries.insert(entries.end(), waiting_.begin(), waiting_.end());
  return entries;
}

}  // namespace firn::sandbox
