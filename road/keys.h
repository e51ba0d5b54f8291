// Which objects of a bucket are meant: all whose key begins and ends in a certain way, or one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace firn::road {

struct Keys {
  std::string bucket;  // its name
  std::string prefix;  // of one object: its whole key
  std::string suffix = {};
  bool is_one = false;

  // "s3://lake/raw/*.json", for messages.
  [[nodiscard]] std::string text() const;
  // "arn:aws:s3:::lake/raw/*.json"; of one object its ARN.
  [[nodiscard]] std::string arn(std::string_view partition) const;
};

// How many of them.
enum class Share : std::uint8_t { none, some, all };

// How many of `keys` begin with `prefix` and end with `suffix`.
[[nodiscard]] Share share_of(const Keys& keys, std::string_view prefix, std::string_view suffix);

// "s3://bucket/path", also with s3gov and s3china, as Snowflake takes it. Nothing when it is no
// such URL.
[[nodiscard]] std::optional<Keys> keys_of_url(std::string_view url);

}  // namespace firn::road
