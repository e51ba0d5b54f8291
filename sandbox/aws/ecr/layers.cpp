// Blobs come in parts: InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload.
#include <fmt/format.h>

#include "core/base/digest.h"
#include "sandbox/aws/ecr/operations.h"

namespace firn::sandbox::aws::ecr {
namespace {

// What InitiateLayerUpload tells clients to send in one part.
constexpr std::int64_t part_size = 20971520;
// Amazon ECR API Reference, CompleteLayerUpload: all parts but the last have at least 5 MiB.
constexpr std::int64_t smallest_part = 5242880;
constexpr std::size_t most_digests = 100;

struct Upload {
  std::string id;
  std::string bytes;
  bool ends_small = false;  // its last part has a size that only the last may have
  bool too_small = false;   // and another one followed such a part
};

Upload upload_for(Call& call, const Repository& repository, const Value& input) {
  const std::string id = input.string_or("uploadId", "");
  const Value* found = call.world.store.get(upload_place(repository.id), id);
  if (!found) {
    throw refusal("UploadNotFoundException",
                  fmt::format("The upload '{}' could not be found in the repository '{}'", id,
                              repository.id.name));
  }
  return {id, decode_base64(found->string_or("bytes", "")).value_or(""),
          found->bool_or("ends_small", false), found->bool_or("too_small", false)};
}

const List& digests_in(const Value& input) {
  const Value& digests = input.at("layerDigests");
  if (!digests.is_list() || digests.as_list().empty() || digests.as_list().size() > most_digests) {
    throw invalid_parameter("layerDigests", "", "Member must have length between 1 and 100");
  }
  return digests.as_list();
}

}  // namespace

std::string layer_place(const RepositoryId& id) {
  return collection(id.account, id.region, "ecr/layer/" + id.name);
}
std::string upload_place(const RepositoryId& id) {
  return collection(id.account, id.region, "ecr/upload/" + id.name);
}

bool is_digest(std::string_view text) {
  constexpr std::string_view prefix = "sha256:";
  if (!text.starts_with(prefix) || text.size() != prefix.size() + 64) return false;
  return text.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
}

std::string digest_of(std::string_view bytes) {
  return "sha256:" + sha256_hex(bytes);
}

Value batch_check_layer_availability(Call& call, const Value& input) {
  const Repository repository =
      repository_for(call, input, "BatchCheckLayerAvailability", {"layerDigests"});
  List layers;
  List failures;
  for (const Value& item : digests_in(input)) {
    const std::string digest = item.is_string() ? item.as_string() : std::string();
    if (!is_digest(digest)) {
      failures.push_back(Map{{"layerDigest", digest},
                             {"failureCode", "InvalidLayerDigest"},
                             {"failureReason", "Layer digest is not valid"}});
      continue;
    }
    const auto size = layer_size(call.world, repository.id, digest);
    Map layer{{"layerDigest", digest}, {"layerAvailability", size ? "AVAILABLE" : "UNAVAILABLE"}};
    if (size) layer.set("layerSize", *size);
    layers.push_back(Value(std::move(layer)));
  }
  return Map{{"layers", Value(std::move(layers))}, {"failures", Value(std::move(failures))}};
}

Value initiate_layer_upload(Call& call, const Value& input) {
  const Repository repository = repository_for(call, input, "InitiateLayerUpload", {});
  const std::string id = call.world.fresh_uuid();
  call.world.store.put(upload_place(repository.id), id, Map{{"bytes", ""}});
  return Map{{"uploadId", id}, {"partSize", part_size}};
}

Value upload_layer_part(Call& call, const Value& input) {
  const Repository repository =
      repository_for(call, input, "UploadLayerPart",
                     {"uploadId", "partFirstByte", "partLastByte", "layerPartBlob"});
  Upload upload = upload_for(call, repository, input);
  const auto part = decode_base64(input.string_or("layerPartBlob", ""));
  const std::int64_t first = input.int_or("partFirstByte", -1);
  const std::int64_t last = input.int_or("partLastByte", -1);
  const auto have = static_cast<std::int64_t>(upload.bytes.size());
  const auto length = part ? static_cast<std::int64_t>(part->size()) : -1;
  if (length > part_size) {
    throw invalid_parameter("layerPartBlob", fmt::format("{} bytes", length),
                            "Member must have length less than or equal to 20971520");
  }
  if (first != have || last - first + 1 != length) {
    Refusal refused = refusal(
        "InvalidLayerPartException",
        fmt::format("Layer part does not begin at the expected byte: the last valid byte received "
                    "is {}",
                    have - 1));
    refused.fields = {{"lastValidByteReceived", std::to_string(have - 1)}};
    throw refused;
  }
  upload.bytes += *part;
  call.world.store.put(upload_place(repository.id), upload.id,
                       Map{{"bytes", base64(upload.bytes)},
                           {"ends_small", length < smallest_part},
                           {"too_small", upload.too_small || upload.ends_small}});
  return Map{{"registryId", repository.id.account},
             {"repositoryName", repository.id.name},
             {"uploadId", upload.id},
             {"lastByteReceived", last}};
}

Value complete_layer_upload(Call& call, const Value& input) {
  const Repository repository =
      repository_for(call, input, "CompleteLayerUpload", {"uploadId", "layerDigests"});
  const Upload upload = upload_for(call, repository, input);
  const List& digests = digests_in(input);
  const std::string wanted = digests.front().is_string() ? digests.front().as_string() : "";
  if (upload.bytes.empty()) {
    throw refusal("EmptyUploadException", "The upload contains no layer parts");
  }
  if (upload.too_small) {
    throw refusal("LayerPartTooSmallException",
                  "Layer parts must be at least 5 MiB in size, except for the last one");
  }
  const std::string digest = digest_of(upload.bytes);
  if (digest != wanted) {
    throw refusal("InvalidLayerException",
                  fmt::format("Uploaded layer's digest '{}' is not the same as the provided digest "
                              "'{}'",
                              digest, wanted));
  }
  if (layer_size(call.world, repository.id, digest)) {
    throw refusal("LayerAlreadyExistsException",
                  fmt::format("Layer with digest '{}' already exists in repository '{}' in "
                              "registry with ID '{}'",
                              digest, repository.id.name, repository.id.account));
  }
  call.world.store.put(layer_place(repository.id), digest,
                       Map{{"size", static_cast<std::int64_t>(upload.bytes.size())}});
  call.world.store.erase(upload_place(repository.id), upload.id);
  return Map{{"registryId", repository.id.account},
             {"repositoryName", repository.id.name},
             {"uploadId", upload.id},
             {"layerDigest", digest}};
}

}  // namespace firn::sandbox::aws::ecr
