#include "providers/aws/ecr_push.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <utility>

#include "core/base/digest.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"

namespace firn::aws {
namespace {

// One part of a layer travels as base64 within JSON; ECR takes up to 20 MiB.
constexpr std::int64_t part_bytes_max = 20LL * 1024 * 1024;
// All parts but the last have at least 5 MiB.
constexpr std::int64_t part_bytes_min = 5LL * 1024 * 1024;
constexpr std::size_t digests_per_call = 100;

constexpr std::array<std::string_view, 4> media_types{
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"};

Call ecr_call(const Operation& operation, std::string_view name, const std::string& repository,
              Map input) {
  input.set("repositoryName", repository);
  return changing(service::ecr, std::string(name), std::move(input), operation);
}

// Which of the digests the repository does not have.
Task<Result<std::set<std::string>>> missing_layers(Client& client, const Operation& operation,
                                                   std::string repository,
                                                   std::vector<std::string> digests) {
  std::set<std::string> missing(digests.begin(), digests.end());
  for (std::size_t begin = 0; begin < digests.size(); begin += digests_per_call) {
    const std::size_t end = std::min(digests.size(), begin + digests_per_call);
    List asked;
    for (std::size_t i = begin; i < end; ++i)
      asked.emplace_back(digests[i]);
    Map input;
    input.set("layerDigests", std::move(asked));
    input.set("repositoryName", repository);
    Call call =
        reading(service::ecr, "BatchCheckLayerAvailability", std::move(input), operation.prior);
    const Result<Reply> reply = co_await client.call(std::move(call));
    if (!reply) co_return fail(reply.error());
    for (const Value& layer : reply->list("layers")) {
      if (text_at(layer, "layerAvailability") == "AVAILABLE") {
        missing.erase(text_at(layer, "layerDigest"));
      }
    }
  }
  co_return missing;
}

Result<std::string> read_part(const OciBlob& blob, std::int64_t first, std::int64_t length) {
  std::ifstream stream(blob.path, std::ios::binary);
  stream.seekg(first);
  std::string bytes(static_cast<std::size_t>(length), '\0');
  stream.read(bytes.data(), length);
  if (!stream) {
    return fail(ErrorKind::storage, fmt::format("cannot read {}", blob.path),
                "the layer was there a moment ago", "run the command again");
  }
  return bytes;
}

// A part that had arrived before its answer was lost is refused when it comes again, and ECR says
// up to which byte it has the layer. Source: Amazon ECR API Reference, "UploadLayerPart"
// (InvalidLayerPartException).
bool has_arrived(const Reply& reply, std::int64_t last) {
  if (reply.code != "InvalidLayerPartException") return true;
  const Result<Value> body = parse_json(reply.body);
  if (!body) return false;
  const Value& received = body->at("lastValidByteReceived");
  if (received.is_int()) return received.as_int() == last;
  return received.is_string() && received.as_string() == std::to_string(last);
}

// False: the upload is lost, and has to begin anew unless the layer is there.
Task<Result<bool>> try_upload(Client& client, const Operation& operation, std::string repository,
                              OciBlob blob) {
  Call begin = ecr_call(operation, "InitiateLayerUpload", repository, Map());
  const Result<Reply> begun = co_await client.call(std::move(begin));
  if (!begun) co_return fail(begun.error());
  const std::string upload = begun->text("uploadId");
  const std::int64_t part_bytes =
      std::clamp(begun->value.int_or("partSize", part_bytes_max), part_bytes_min, part_bytes_max);
  for (std::int64_t first = 0; first < blob.size; first += part_bytes) {
    const std::int64_t length = std::min(part_bytes, blob.size - first);
    const Result<std::string> bytes = read_part(blob, first, length);
    if (!bytes) co_return fail(bytes.error());
    Map input;
    input.set("uploadId", upload);
    input.set("partFirstByte", first);
    input.set("partLastByte", first + length - 1);
    input.set("layerPartBlob", base64(*bytes));
    Call part = ecr_call(operation, "UploadLayerPart", repository, std::move(input));
    part.tolerated = {"InvalidLayerPartException", "UploadNotFoundException"};
    const Result<Reply> sent = co_await client.call(std::move(part));
    if (!sent) co_return fail(sent.error());
    const bool is_there =
        sent->code != "UploadNotFoundException" && has_arrived(*sent, first + length - 1);
    if (!is_there) co_return false;
  }
  List digests;
  digests.emplace_back(blob.digest);
  Map input;
  input.set("uploadId", upload);
  input.set("layerDigests", std::move(digests));
  Call complete = ecr_call(operation, "CompleteLayerUpload", repository, std::move(input));
  // Somebody else was quicker, or we were, and the answer was lost.
  complete.tolerated = {"LayerAlreadyExistsException", "UploadNotFoundException"};
  const Result<Reply> completed = co_await client.call(std::move(complete));
  if (!completed) co_return fail(completed.error());
  co_return completed->code != "UploadNotFoundException";
}

Task<Status> upload_layer(Client& client, const Operation& operation, std::string repository,
                          OciBlob blob) {
  for (int round = 1;; ++round) {
    std::string in = repository;
    OciBlob copy = blob;
    const Result<bool> done =
        co_await try_upload(client, operation, std::move(in), std::move(copy));
    if (!done) co_return fail(done.error());
    if (*done) co_return Ok{};
    in = repository;
    std::vector<std::string> digests{blob.digest};
    const Result<std::set<std::string>> missing =
        co_await missing_layers(client, operation, std::move(in), std::move(digests));
    if (!missing) co_return fail(missing.error());
    if (missing->empty()) co_return Ok{};
    if (round == most_rounds_of_one_call) {
      co_return fail(ErrorKind::unavailable,
                     fmt::format("Amazon ECR loses the uploads of the layer {}", blob.digest),
                     "it forgot each of them before all parts had arrived",
                     "run the same command again; layers that are there are not sent again");
    }
  }
}

void collect_blobs(const OciManifest& image, std::vector<OciBlob>& blobs) {
  for (const OciBlob& blob : image.blobs) {
    const bool is_known = std::ranges::any_of(
        blobs, [&](const OciBlob& known) { return known.digest == blob.digest; });
    if (!is_known) blobs.push_back(blob);
  }
  for (const OciManifest& member : image.members)
    collect_blobs(member, blobs);
}

// The members of an index before the index.
void collect_manifests(const OciManifest& image, std::vector<const OciManifest*>& manifests) {
  for (const OciManifest& member : image.members)
    collect_manifests(member, manifests);
  manifests.push_back(&image);
}

Task<Status> put_manifest(Client& client, const Operation& operation, std::string repository,
                          StoredImage image, std::string tag) {
  Map input;
  input.set("imageManifest", image.manifest);
  input.set("imageDigest", "sha256:" + sha256_hex(image.manifest));  // ECR refuses what was damaged
  if (!image.media_type.empty()) input.set("imageManifestMediaType", image.media_type);
  if (!tag.empty()) input.set("imageTag", tag);
  Call call = ecr_call(operation, "PutImage", repository, std::move(input));
  call.tolerated.emplace_back("ImageAlreadyExistsException");
  const Result<Reply> put = co_await client.call(std::move(call));
  if (!put) co_return fail(put.error());
  co_return Ok{};
}

Task<Status> upload_layers(Client& client, const Operation& operation, std::string repository,
                           std::vector<OciBlob> blobs) {
  std::vector<std::string> digests;
  for (const OciBlob& blob : blobs)
    digests.push_back(blob.digest);
  std::string in = repository;
  const Result<std::set<std::string>> missing =
      co_await missing_layers(client, operation, std::move(in), std::move(digests));
  if (!missing) co_return fail(missing.error());
  std::size_t sent = 0;
  for (OciBlob& blob : blobs) {
    if (missing->count(blob.digest) == 0) continue;
    if (operation.report) {
      operation.report(fmt::format("pushing layer {} of {}", ++sent, missing->size()));
    }
    std::string into = repository;
    OciBlob one = blob;
    const Status uploaded =
        co_await upload_layer(client, operation, std::move(into), std::move(one));
    if (!uploaded) co_return fail(uploaded.error());
  }
  co_return Ok{};
}

}  // namespace

Task<Result<std::string>> push_image(Client& client, const Operation& operation,
                                     std::string repository, OciManifest image,
                                     std::vector<std::string> tags) {
  std::vector<OciBlob> blobs;
  collect_blobs(image, blobs);
  std::string into = repository;
  const Status uploaded =
      co_await upload_layers(client, operation, std::move(into), std::move(blobs));
  if (!uploaded) co_return fail(uploaded.error());
  std::vector<const OciManifest*> manifests;
  collect_manifests(image, manifests);
  for (const OciManifest* manifest : manifests) {
    std::vector<std::string> own{std::string()};  // a member of an index needs no tag
    if (manifest == manifests.back()) own = tags;
    for (const std::string& tag : own) {
      StoredImage stored{manifest->text, manifest->media_type};
      std::string name = tag;
      std::string in = repository;
      const Status put = co_await put_manifest(client, operation, std::move(in), std::move(stored),
                                               std::move(name));
      if (!put) co_return fail(put.error());
    }
  }
  co_return image.digest;
}

Task<Result<StoredImage>> get_image(Client& client, const Operation& operation,
                                    std::string repository, std::string digest) {
  Map id;
  id.set("imageDigest", digest);
  List ids;
  ids.emplace_back(std::move(id));
  List accepted;
  for (const std::string_view media_type : media_types)
    accepted.emplace_back(media_type);
  Map input;
  input.set("repositoryName", repository);
  input.set("imageIds", std::move(ids));
  input.set("acceptedMediaTypes", std::move(accepted));
  Call call = reading(service::ecr, "BatchGetImage", std::move(input), operation.prior);
  call.tolerated.emplace_back("RepositoryNotFoundException");
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  StoredImage image;
  image.manifest = reply->text("images.0.imageManifest");
  image.media_type = reply->text("images.0.imageManifestMediaType");
  co_return image;
}

Task<Status> tag_image(Client& client, const Operation& operation, std::string repository,
                       StoredImage image, std::string tag) {
  Status put = co_await put_manifest(client, operation, std::move(repository), std::move(image),
                                     std::move(tag));
  co_return put;
}

}  // namespace firn::aws
