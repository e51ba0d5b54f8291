// The versions of a Lambda layer: whose they are, and how they are listed.
//
// Layers carry no tags, so the mark stands at the end of each version's description, as firn does
// it with the comments of Snowflake. Source: AWS Lambda API Reference, PublishLayerVersion,
// ListLayerVersions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/provider/provider.h"
#include "providers/aws/client.h"

namespace firn::aws {

inline constexpr std::size_t layer_description_limit = 256;

// "[firn:stack/environment/address]"; a very long address stands there as a digest.
[[nodiscard]] std::string layer_mark(const Placement& placement, std::string_view address);
// The author's words and the mark.
[[nodiscard]] std::string marked_description(std::string_view words, std::string_view mark);
// The author's words again; everything when there is no mark.
[[nodiscard]] std::string words_of_description(std::string_view description);
// The mark with its brackets, "" when there is none.
[[nodiscard]] std::string mark_of_description(std::string_view description);

// "/2018-10-31/layers/<name>/versions".
[[nodiscard]] std::string layer_versions_path(std::string_view layer);

// All versions as ListLayerVersions shows them, newest first; none when the layer does not exist.
// `query` may narrow them down (CompatibleRuntime, CompatibleArchitecture).
Task<Result<std::vector<Value>>> list_layer_versions(
    Client& client, std::string address, std::string layer,
    std::vector<std::pair<std::string, std::string>> query);

}  // namespace firn::aws
