#include "road/keys.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace firn::road {
namespace {

Share prefix_share(const Keys& keys, std::string_view prefix) {
  if (keys.prefix.starts_with(prefix)) return Share::all;
  const bool some = !keys.is_one && prefix.starts_with(keys.prefix);
  return some ? Share::some : Share::none;
}

Share suffix_share(const Keys& keys, std::string_view suffix) {
  const std::string_view end = keys.is_one ? keys.prefix : keys.suffix;
  if (end.ends_with(suffix)) return Share::all;
  const bool some = !keys.is_one && suffix.ends_with(end);
  return some ? Share::some : Share::none;
}

}  // namespace

std::string Keys::text() const {
  return fmt::format("s3://{}/{}{}", bucket, prefix, is_one ? "" : "*" + suffix);
}

std::string Keys::arn(std::string_view partition) const {
  return fmt::format("arn:{}:s3:::{}/{}{}", partition, bucket, prefix, is_one ? "" : "*" + suffix);
}

Share share_of(const Keys& keys, std::string_view prefix, std::string_view suffix) {
  return std::min(prefix_share(keys, prefix), suffix_share(keys, suffix));
}

std::optional<Keys> keys_of_url(std::string_view url) {
  constexpr std::array<std::string_view, 3> schemes = {"s3://", "s3gov://", "s3china://"};
  for (const std::string_view scheme : schemes) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    const std::size_t slash = std::min(url.find('/'), url.size());
    Keys keys;
    keys.bucket = url.substr(0, slash);
    keys.prefix = url.substr(std::min(slash + 1, url.size()));
    return keys;
  }
  return std::nullopt;
}

}  // namespace firn::road
