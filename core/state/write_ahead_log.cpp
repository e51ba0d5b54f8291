#include "core/state/write_ahead_log.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string_view>

namespace firn {
namespace {

constexpr std::size_t header_size = 32;
constexpr std::size_t frame_header_size = 24;
constexpr std::uint32_t magic = 0x377f0682;  // its lowest bit: the checksums' words are big-endian

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i)
    word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
  return word;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 4; i-- > 0;)
    word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
  return word;
}

// Two numbers, as they stand behind each other in the file.
struct Pair {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool operator==(const Pair&) const = default;
};

Pair pair_at(std::string_view bytes, std::size_t at) {
  return {big_endian(bytes, at), big_endian(bytes, at + 4)};
}

Pair add_to_sum(Pair sum, std::string_view bytes, bool is_big) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    sum.first += (is_big ? big_endian(bytes, at) : little_endian(bytes, at)) + sum.second;
    sum.second += (is_big ? big_endian(bytes, at + 4) : little_endian(bytes, at + 4)) + sum.first;
  }
  return sum;
}

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The size of the database's pages, which the log's header repeats.
std::size_t page_size_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char bytes[18] = {};
  if (!file.read(bytes, sizeof bytes)) return 0;
  const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[16])) << 8 |
                           static_cast<unsigned char>(bytes[17]);
  return size == 1 ? 65536 : size;
}

}  // namespace

bool has_lost_commits(const std::string& path) {
  const std::string text = contents_of(path + "-wal");
  const std::string_view log = text;
  const std::size_t page_size = page_size_of(path);
  const std::size_t frame_size = frame_header_size + page_size;
  if (page_size == 0 || log.size() < header_size + frame_size) return false;
  const std::size_t frames = (log.size() - header_size) / frame_size;
  const auto frame = [&](std::size_t number) {
    return log.substr(header_size + number * frame_size, frame_size);
  };

  const bool is_big = (big_endian(log, 0) & 1) != 0;
  Pair sum = add_to_sum({}, log.substr(0, 24), is_big);
  const bool is_header_whole = (big_endian(log, 0) & ~1U) == magic &&
                               big_endian(log, 8) == page_size && pair_at(log, 24) == sum;
  // Frames of an earlier use of the file have another salt, and mean nothing.
  const Pair salt = is_header_whole ? pair_at(log, 16) : pair_at(frame(0), 8);

  std::size_t whole = 0;
  while (is_header_whole && whole < frames) {
    const std::string_view next = frame(whole);
    if (pair_at(next, 8) != salt) break;
    sum = add_to_sum(sum, next.substr(0, 8), is_big);
    sum = add_to_sum(sum, next.substr(frame_header_size), is_big);
    if (pair_at(next, 16) != sum) break;
    ++whole;
  }
  bool has_commit_behind = false;
  for (std::size_t number = whole; number < frames; ++number) {
    const std::string_view next = frame(number);
    if (pair_at(next, 8) != salt) continue;
    if (has_commit_behind) return true;
    // The last frame of a commit has the size of the database.
    has_commit_behind = big_endian(next, 4) != 0;
  }
  return false;
}

}  // namespace firn
