#include "providers/aws/image_marks.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/digest.h"
#include "providers/aws/calls.h"

namespace firn::aws {
namespace {

constexpr std::size_t mark_length = 12;
constexpr std::size_t digest_length = 64;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Whether the tag is somebody's mark.
bool is_mark(const std::string& tag) {
  const std::string_view text = tag;
  return text.size() == digest_length + 1 + mark_length && text[digest_length] == '.' &&
         is_hex(text.substr(0, digest_length)) && is_hex(text.substr(digest_length + 1));
}

}  // namespace

std::string mark_of(const Placement& placement, const std::string& address) {
  const std::string who = fmt::format("{}/{}/{}", placement.stack, placement.environment, address);
  return sha256_hex(who).substr(0, mark_length);
}

std::string marked_tag(const std::string& tag, const std::string& mark) {
  return tag + "." + mark;
}

bool has_tag(const List& tags, const std::string& tag) {
  return std::find(tags.begin(), tags.end(), Value(tag)) != tags.end();
}

void add_deletions(const Value& image, const std::string& mark, List& deletions) {
  const List tags = list_at(image, "imageTags");
  std::vector<std::string> own;
  bool is_shared = false;
  bool is_needed_by_others = false;
  for (const Value& one : tags) {
    const std::string tag = clear_text(one);
    const bool is_plain = tag.size() == digest_length && is_hex(tag);
    if (is_mark(tag) && tag.ends_with("." + mark)) {
      own.push_back(tag);
    } else if (is_mark(tag)) {
      is_needed_by_others = true;
    } else if (!is_plain) {
      is_shared = true;
    }
  }
  if (own.empty()) return;
  const auto delete_tag = [&deletions](const std::string& tag) {
    Map id;
    id.set("imageTag", tag);
    deletions.emplace_back(std::move(id));
  };
  if (!is_shared && !is_needed_by_others) {
    Map id;
    id.set("imageDigest", text_at(image, "imageDigest"));
    deletions.emplace_back(std::move(id));
    return;
  }
  for (const std::string& tag : own) {
    delete_tag(tag);
    // The plain tag is all of ours together: it stays as long as anybody needs the image.
    const std::string plain = tag.substr(0, digest_length);
    if (!is_needed_by_others && has_tag(tags, plain)) delete_tag(plain);
  }
}

void add_deletions_of_unneeded(const Value& image, List& deletions) {
  bool is_shared = false;
  std::vector<std::string> plain;
  for (const Value& one : list_at(image, "imageTags")) {
    const std::string tag = clear_text(one);
    if (is_mark(tag)) return;
    if (tag.size() == digest_length && is_hex(tag)) {
      plain.push_back(tag);
    } else {
      is_shared = true;
    }
  }
  if (!is_shared) {
    Map id;
    id.set("imageDigest", text_at(image, "imageDigest"));
    deletions.emplace_back(std::move(id));
    return;
  }
  for (const std::string& tag : plain) {
    Map id;
    id.set("imageTag", tag);
    deletions.emplace_back(std::move(id));
  }
}

std::string plain_tag_of(const std::string& tag) {
  return is_mark(tag) ? tag.substr(0, digest_length) : std::string();
}

}  // namespace firn::aws
