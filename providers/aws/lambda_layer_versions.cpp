#include "providers/aws/lambda_layer_versions.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"

namespace firn::aws {
namespace {

constexpr std::string_view mark_begin = "[firn:";
constexpr std::size_t mark_limit = 128;
constexpr std::size_t digest_length = 16;

std::size_t begin_of_mark(std::string_view description) {
  if (!description.ends_with(']')) return std::string_view::npos;
  return description.rfind(mark_begin);
}

}  // namespace

std::string layer_mark(const Placement& placement, std::string_view address) {
  const auto mark = [&](std::string_view whose) {
    return fmt::format("{}{}/{}/{}]", mark_begin, placement.stack, placement.environment, whose);
  };
  std::string whole = mark(address);
  if (whole.size() <= mark_limit) return whole;
  return mark("#" + sha256_hex(address).substr(0, digest_length));
}

std::string marked_description(std::string_view words, std::string_view mark) {
  return words.empty() ? std::string(mark) : fmt::format("{} {}", words, mark);
}

std::string words_of_description(std::string_view description) {
  const std::size_t begin = begin_of_mark(description);
  if (begin == std::string_view::npos) return std::string(description);
  return std::string(trim(description.substr(0, begin)));
}

std::string mark_of_description(std::string_view description) {
  const std::size_t begin = begin_of_mark(description);
  return begin == std::string_view::npos ? std::string() : std::string(description.substr(begin));
}

std::string layer_versions_path(std::string_view layer) {
  return fmt::format("/2018-10-31/layers/{}/versions", percent_encode(layer));
}

Task<Result<std::vector<Value>>> list_layer_versions(
    Client& client, std::string address, std::string layer,
    std::vector<std::pair<std::string, std::string>> query) {
  std::vector<Value> versions;
  std::string marker;
  do {
    Call call;
    call.service = &service::lambda;
    call.operation = "ListLayerVersions";
    call.path = layer_versions_path(layer);
    call.query = query;
    if (!marker.empty()) call.query.emplace_back("Marker", marker);
    call.address = address;
    call.tolerated = missing_codes();
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    if (page->is_tolerated_error()) break;
    for (Value& version : page->list("LayerVersions"))
      versions.push_back(std::move(version));
    marker = page->text("NextMarker");
  } while (!marker.empty());
  std::stable_sort(versions.begin(), versions.end(), [](const Value& a, const Value& b) {
    return a.int_or("Version", 0) > b.int_or("Version", 0);
  });
  co_return versions;
}

}  // namespace firn::aws
