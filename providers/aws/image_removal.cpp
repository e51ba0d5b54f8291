// Source of facts: Amazon ECR API Reference (DescribeImages, BatchDeleteImage).
#include "providers/aws/image_removal.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/ecr_push.h"
#include "providers/aws/image_marks.h"

namespace firn::aws {
namespace {

// DescribeImages and BatchDeleteImage take so many images in one call.
constexpr std::int64_t images_per_page = 1000;
constexpr std::size_t images_per_deletion = 100;

Task<Result<List>> list_deletions(Client& client, const Operation& operation,
                                  std::string repository, std::string mark) {
  List deletions;
  std::string next;
  do {
    Map input;
    input.set("repositoryName", repository);
    input.set("maxResults", images_per_page);
    if (!next.empty()) input.set("nextToken", next);
    Call call = reading(service::ecr, "DescribeImages", std::move(input), operation.prior);
    call.tolerated.emplace_back("RepositoryNotFoundException");
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    if (page->is_tolerated_error()) co_return deletions;
    for (const Value& image : page->list("imageDetails"))
      add_deletions(image, mark, deletions);
    next = page->text("nextToken");
  } while (!next.empty());
  co_return deletions;
}

// The images that an index lists go with it, unless they have a name of their own.
Task<Result<List>> members_of(Client& client, const Operation& operation, std::string repository,
                              std::string digest) {
  std::string from = repository;
  const Result<StoredImage> image =
      co_await get_image(client, operation, std::move(from), std::move(digest));
  if (!image) co_return fail(image.error());
  List members;
  const Result<Value> manifest = parse_json(image->manifest);
  if (!manifest) co_return members;
  for (const Value& one : list_at(*manifest, "manifests")) {
    Map id;
    id.set("imageDigest", text_at(one, "digest"));
    members.emplace_back(std::move(id));
  }
  if (members.empty()) co_return members;
  Map input;
  input.set("repositoryName", repository);
  input.set("imageIds", members);
  Call call = reading(service::ecr, "DescribeImages", std::move(input), operation.prior);
  call.tolerated = {"ImageNotFoundException", "RepositoryNotFoundException"};
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  List nameless;
  for (const Value& one : reply->list("imageDetails")) {
    if (!list_at(one, "imageTags").empty()) continue;
    Map id;
    id.set("imageDigest", text_at(one, "imageDigest"));
    nameless.emplace_back(std::move(id));
  }
  co_return nameless;
}

Task<Status> delete_images(Client& client, const Operation& operation, std::string repository,
                           List deletions) {
  for (std::size_t begin = 0; begin < deletions.size(); begin += images_per_deletion) {
    const std::size_t end = std::min(deletions.size(), begin + images_per_deletion);
    List ids;
    for (std::size_t i = begin; i < end; ++i)
      ids.push_back(deletions[i]);
    Map input;
    input.set("repositoryName", repository);
    input.set("imageIds", std::move(ids));
    Call call = changing(service::ecr, "BatchDeleteImage", std::move(input), operation);
    call.tolerated.emplace_back("RepositoryNotFoundException");
    const Result<Reply> reply = co_await client.call(std::move(call));
    if (!reply) co_return fail(reply.error());
    for (const Value& failure : reply->list("failures")) {
      const std::string code = text_at(failure, "failureCode");
      // Gone already, or part of an index that somebody else needs.
      if (code == "ImageNotFound" || code == "ImageReferencedByManifestList") continue;
      Error error;
      error.kind = ErrorKind::invalid_input;
      error.summary = fmt::format("ECR does not delete an image of {}", repository);
      error.detail = text_at(failure, "failureReason");
      error.code = code;
      error.operation = "ecr:BatchDeleteImage";
      error.address = operation.prior.address;
      co_return fail(std::move(error));
    }
  }
  co_return Ok{};
}

// An index goes before its members: ECR keeps what an index refers to.
Task<Status> delete_with_members(Client& client, const Operation& operation, std::string repository,
                                 List deletions) {
  List members;
  for (const Value& one : deletions) {
    if (one.at("imageDigest").is_null()) continue;
    std::string from = repository;
    std::string digest = text_at(one, "imageDigest");
    const Result<List> listed =
        co_await members_of(client, operation, std::move(from), std::move(digest));
    if (!listed) co_return fail(listed.error());
    members.insert(members.end(), listed->begin(), listed->end());
  }
  std::vector<List> in_order;
  in_order.push_back(std::move(deletions));
  in_order.push_back(std::move(members));
  for (List& some : in_order) {
    std::string from = repository;
    const Status deleted =
        co_await delete_images(client, operation, std::move(from), std::move(some));
    if (!deleted) co_return fail(deleted.error());
  }
  co_return Ok{};
}

// Images that only lost our mark, and whose other marks went meanwhile.
Task<Result<List>> list_unneeded(Client& client, const Operation& operation, std::string repository,
                                 List deleted) {
  List unneeded;
  for (const Value& one : deleted) {
    const std::string plain = plain_tag_of(text_at(one, "imageTag"));
    if (plain.empty()) continue;
    Map id;
    id.set("imageTag", plain);
    List ids;
    ids.emplace_back(std::move(id));
    Map input;
    input.set("repositoryName", repository);
    input.set("imageIds", std::move(ids));
    Call call = reading(service::ecr, "DescribeImages", std::move(input), operation.prior);
    call.tolerated = {"ImageNotFoundException", "RepositoryNotFoundException"};
    const Result<Reply> reply = co_await client.call(std::move(call));
    if (!reply) co_return fail(reply.error());
    for (const Value& image : reply->list("imageDetails"))
      add_deletions_of_unneeded(image, unneeded);
  }
  co_return unneeded;
}

}  // namespace

Task<Status> remove_images(Client& client, const Operation& operation, std::string repository,
                           std::string mark) {
  std::string in = repository;
  const Result<List> deletions =
      co_await list_deletions(client, operation, std::move(in), std::move(mark));
  if (!deletions) co_return fail(deletions.error());
  std::string from = repository;
  List first = *deletions;
  const Status deleted =
      co_await delete_with_members(client, operation, std::move(from), std::move(first));
  if (!deleted) co_return fail(deleted.error());
  std::string where = repository;
  const Result<List> unneeded =
      co_await list_unneeded(client, operation, std::move(where), *deletions);
  if (!unneeded) co_return fail(unneeded.error());
  List rest = *unneeded;
  Status done =
      co_await delete_with_members(client, operation, std::move(repository), std::move(rest));
  co_return done;
}

}  // namespace firn::aws
