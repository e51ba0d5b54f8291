// aws.container_image: an image built of a folder, in an ECR repository.
//
// Source of facts: Amazon ECR API Reference (DescribeImages, PutImage, BatchGetImage).
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "providers/aws/calls.h"
#include "providers/aws/code_folder.h"
#include "providers/aws/ecr_push.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/image_builder.h"
#include "providers/aws/image_marks.h"
#include "providers/aws/image_removal.h"
#include "providers/aws/oci_layout.h"
#include "providers/aws/scratch_folder.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr FolderPurpose purpose{
    .what = "the folder of an image",
    .least = "an image needs at least the file that says how it is made"};
// What another value of makes another image.
constexpr std::string_view content_inputs = "folder_sha256";

constexpr Attribute word{.name = "word", .doc = "One word of the command."};

constexpr std::array attributes{
    Attribute{.name = "command",
              .kind = AttributeKind::list,
              .doc = "The program that builds the image, and its arguments; it runs in the folder.",
              .required = true,
              .write_only = true,
              .example = "[sh, build.sh]",
              .element = &word,
              .minimum = 1},
    Attribute{.name = "digest",
              .doc = "The digest of the image: sha256:….",
              .computed = true,
              .moves_with = content_inputs},
    Attribute{.name = "folder",
              .doc =
                  "The folder that the image is built of, relative to the file that declares it. "
                  "Folders named .git and __pycache__ and compiled Python files do not count.",
              .required = true,
              .write_only = true,
              .example = "images/extractor"},
    Attribute{.name = "folder_sha256",
              .doc = "The digest of the folder: names, contents and execute bits.",
              .derived = true},
    Attribute{.name = "repository",
              .doc = "The ECR repository, by name.",
              .required = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "name",
              .example = "${images}"},
    Attribute{.name = "tag",
              .doc = "The tag of the image: the digest of the folder.",
              .computed = true,
              .moves_with = content_inputs},
    Attribute{.name = "uri",
              .doc = "The image as others take it: <repository>@<digest>.",
              .computed = true,
              .moves_with = content_inputs},
};

// --- pure

std::string folder_in(const std::string& base_folder, const std::string& folder) {
  return (std::filesystem::path(base_folder) / folder).lexically_normal().string();
}

Value prepare(const std::string& base_folder, const Value& inputs, std::vector<Problem>& problems) {
  const Value& folder = inputs.at("folder");
  if (!inputs.is_map() || !folder.is_string()) return inputs;
  const Result<std::string> digest =
      digest_of_folder(folder_in(base_folder, folder.as_string()), purpose);
  if (!digest) {
    const Error& error = digest.error();
    problems.push_back({"folder", error.summary, error.detail, error.remedy});
    return inputs;
  }
  Map prepared = inputs.as_map();
  prepared.set("folder_sha256", *digest);
  return Value(std::move(prepared));
}

std::string repository_uri(const Placement& placement, const std::string& repository) {
  return fmt::format("{}.dkr.ecr.{}.{}/{}", placement.account, placement.region,
                     dns_suffix(placement.partition), repository);
}

Map outputs_of(const Client& client, const std::string& repository, const std::string& tag,
               const std::string& digest) {
  Map outputs;
  outputs.set("digest", digest);
  outputs.set("tag", tag);
  outputs.set("uri", repository_uri(client.placement(), repository) + "@" + digest);
  return outputs;
}

// --- looking

struct Found {
  std::string digest;  // empty: the repository has no image of this tag
  List tags;
};

Task<Result<Found>> find_image(Client& client, ResourceRecord record, std::string repository,
                               std::string tag) {
  Map id;
  id.set("imageTag", tag);
  List ids;
  ids.emplace_back(std::move(id));
  Map input;
  input.set("repositoryName", repository);
  input.set("imageIds", std::move(ids));
  Call call = reading(service::ecr, "DescribeImages", std::move(input), record);
  call.tolerated = {"ImageNotFoundException", "RepositoryNotFoundException"};
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  Found found;
  if (reply->is_tolerated_error()) co_return found;
  found.digest = reply->text("imageDetails.0.imageDigest");
  found.tags = reply->list("imageDetails.0.imageTags");
  co_return found;
}

// The tag has to stand at the image that firn put there, with firn's mark beside it. The place of
// the mark differs from that of tags elsewhere, so its absence shows as another content.
Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string repository = clear_text(record.inputs.at("repository"));
  const std::string tag = text_at(record.outputs, "tag");
  std::string asked = tag.empty() ? clear_text(record.inputs.at("folder_sha256")) : tag;
  const std::string in = repository;
  const std::string wanted = asked;
  ResourceRecord copy = record;
  const Result<Found> found =
      co_await find_image(client, std::move(copy), std::move(repository), std::move(asked));
  if (!found) co_return fail(found.error());
  if (found->digest.empty()) co_return absent();
  Placement placement = client.placement();
  const std::string mark = mark_of(placement, record.address);
  Observation observation;
  observation.exists = true;
  observation.inputs.set("repository", in);
  observation.inputs.set("folder_sha256", wanted);
  const std::string known = text_at(record.outputs, "digest");
  if (!known.empty() && known != found->digest) {
    observation.inputs.set("folder_sha256", "another image under this tag");
  } else if (!has_tag(found->tags, marked_tag(wanted, mark))) {
    observation.inputs.set("folder_sha256", "an image without firn's mark");
  } else {
    observation.owner = record.address;
  }
  observation.outputs = outputs_of(client, in, wanted, found->digest);
  co_return observation;
}

// --- building

Status check_unchanged(const Operation& operation, const std::string& folder) {
  const Result<std::string> digest = digest_of_folder(folder, purpose);
  if (!digest) return fail(digest.error());
  if (*digest == clear_text(operation.desired.at("folder_sha256"))) return Ok{};
  return fail(ErrorKind::invalid_input,
              fmt::format("the folder {} has changed since it was planned", folder),
              "its digest is not the one in the plan", "plan again, then apply");
}

// Calls the builder, and pushes what it leaves. `found` is what is there when the command has
// pushed the image itself.
Task<Result<Found>> build_and_push(Client& client, Operation& operation) {
  const Value& desired = operation.desired;
  const std::string repository = clear_text(desired.at("repository"));
  const std::string tag = clear_text(desired.at("folder_sha256"));
  const std::string folder = folder_in(operation.base_folder, clear_text(desired.at("folder")));
  const Status unchanged = check_unchanged(operation, folder);
  if (!unchanged) co_return fail(unchanged.error());
  ImageBuilder* builder = client.options().image_builder;
  if (builder == nullptr) {
    co_return fail(ErrorKind::bug, "nobody builds images in this run", "", "please report this");
  }
  const Result<ScratchFolder> scratch = ScratchFolder::create();
  if (!scratch) co_return fail(scratch.error());
  ImageBuild build;
  for (const Value& one : list_of(desired.at("command")))
    build.command.push_back(clear_text(one));
  build.folder = std::filesystem::absolute(folder).lexically_normal().string();
  build.repository = repository_uri(client.placement(), repository);
  build.tag = tag;
  build.oci_layout = scratch->path();
  build.address = operation.prior.address;
  build.report = operation.report;
  const Status built = co_await builder->build(std::move(build));
  if (!built) co_return fail(built.error());

  ResourceRecord record = operation.prior;
  std::string in = repository;
  std::string asked = tag;
  Result<Found> pushed =
      co_await find_image(client, std::move(record), std::move(in), std::move(asked));
  if (!pushed) co_return fail(pushed.error());
  const bool has_layout = is_oci_layout(scratch->path());
  if (!has_layout && pushed->digest.empty()) {
    co_return fail(ErrorKind::invalid_input, "the command ended well, but there is no image",
                   fmt::format("the repository {} has no tag {}, and $FIRN_OCI_LAYOUT is empty",
                               repository, tag),
                   "let the command push $FIRN_IMAGE_URI, or write an OCI image layout into "
                   "$FIRN_OCI_LAYOUT");
  }
  if (!has_layout) co_return pushed;
  Result<OciManifest> image = read_oci_layout(scratch->path(), tag);
  if (!image) co_return fail(image.error());
  std::vector<std::string> tags{
      tag, marked_tag(tag, mark_of(operation.placement, operation.prior.address))};
  std::string into = repository;
  OciManifest manifest = std::move(*image);
  Found result;
  for (const std::string& one : tags)
    result.tags.emplace_back(one);
  Result<std::string> digest =
      co_await push_image(client, operation, std::move(into), std::move(manifest), std::move(tags));
  if (!digest) co_return fail(digest.error());
  result.digest = std::move(*digest);
  co_return result;
}

Task<Status> put_mark(Client& client, Operation& operation, Found found) {
  const std::string tag = clear_text(operation.desired.at("folder_sha256"));
  std::string own = marked_tag(tag, mark_of(operation.placement, operation.prior.address));
  if (has_tag(found.tags, own)) co_return Ok{};
  const std::string repository = clear_text(operation.desired.at("repository"));
  std::string from = repository;
  std::string digest = found.digest;
  const Result<StoredImage> image =
      co_await get_image(client, operation, std::move(from), std::move(digest));
  if (!image) co_return fail(image.error());
  std::string in = repository;
  StoredImage stored = *image;
  Status put =
      co_await tag_image(client, operation, std::move(in), std::move(stored), std::move(own));
  co_return put;
}

// An image of this tag that is not the one firn put there is none: the tag was moved.
Task<Result<Applied>> provide(Client& client, Operation& operation, std::string known_digest) {
  const std::string repository = clear_text(operation.desired.at("repository"));
  const std::string tag = clear_text(operation.desired.at("folder_sha256"));
  ResourceRecord record = operation.prior;
  std::string in = repository;
  std::string asked = tag;
  Result<Found> found =
      co_await find_image(client, std::move(record), std::move(in), std::move(asked));
  if (!found) co_return fail(found.error());
  const bool is_moved = !known_digest.empty() && known_digest != found->digest;
  if (found->digest.empty() || is_moved) {
    found = co_await build_and_push(client, operation);
    if (!found) co_return fail(found.error());
  }
  Applied applied;
  applied.outputs = outputs_of(client, repository, tag, found->digest);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  Found image = *found;
  const Status marked = co_await put_mark(client, operation, std::move(image));
  if (!marked) co_return fail(marked.error());
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  std::string known;
  Result<Applied> applied = co_await provide(client, operation, std::move(known));
  co_return applied;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const bool is_same_content =
      text_at(operation.prior.outputs, "tag") == clear_text(operation.desired.at("folder_sha256"));
  std::string known = is_same_content ? text_at(operation.prior.outputs, "digest") : std::string();
  Result<Applied> applied = co_await provide(client, operation, std::move(known));
  co_return applied;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  Result<Observation> seen = co_await read(client, std::move(record));
  co_return seen;
}

// An image of this tag holds what the folder does, whoever pushed it.
Task<Result<Observation>> find_existing(Client& client, Operation& operation) {
  Result<Observation> seen = co_await find_after_crash(client, operation);
  if (!seen || !seen->exists || seen->owner) co_return seen;
  seen->inputs.set("folder_sha256", operation.desired.at("folder_sha256"));
  seen->foreign = true;
  co_return seen;
}

Task<Result<Applied>> claim(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  std::string repository = clear_text(operation.desired.at("repository"));
  std::string tag = clear_text(operation.desired.at("folder_sha256"));
  const Result<Found> found =
      co_await find_image(client, std::move(record), std::move(repository), std::move(tag));
  if (!found) co_return fail(found.error());
  Found image = *found;
  const Status marked = co_await put_mark(client, operation, std::move(image));
  if (!marked) co_return fail(marked.error());
  co_return Applied{};
}

// --- removing

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  std::string repository = clear_text(operation.prior.inputs.at("repository"));
  std::string mark = mark_of(operation.placement, operation.prior.address);
  const Status removed =
      co_await remove_images(client, operation, std::move(repository), std::move(mark));
  if (!removed) co_return fail(removed.error());
  co_return Removed{};
}

constexpr std::array<std::string_view, 2> import_inputs{"folder", "repository"};

const ResourceType type{
    .name = "aws.container_image",
    .summary = "A container image in an ECR repository, built of a folder.",
    .doc =
        "The image's tag is the digest of the folder: where the repository has it, nothing is "
        "built. "
        "Otherwise the command runs in the folder, with these variables:\n\n"
        "- `FIRN_IMAGE_URI`: what to push, repository and tag; `FIRN_IMAGE_REPOSITORY` and "
        "`FIRN_IMAGE_TAG` are its parts\n"
        "- `FIRN_IMAGE_FOLDER`: the folder\n"
        "- `FIRN_OCI_LAYOUT`: an empty folder for an OCI image layout\n\n"
        "The command pushes the image itself, or leaves it as a layout, which firn pushes through "
        "ECR's API. Then it needs no sign-in to the registry:\n\n"
        "    sh -c 'docker buildx build --output type=oci,tar=false,dest=$FIRN_OCI_LAYOUT .'\n\n"
        "A rehearsal on the sandbox runs no command: it packs the folder as an image of one "
        "layer.\n\n"
        "Others take the image by its digest, so that a new one reaches them as a change. Images "
        "of "
        "earlier builds stay for a way back, until the repository's `keep_images` lets them expire "
        "or "
        "this resource is removed. An image that another resource of firn needs, or that somebody "
        "gave a tag of his own, is not deleted.",
    .example =
        "  type: aws.container_image\n"
        "  repository: ${images}\n"
        "  folder: images/extractor\n"
        "  command: [sh, build.sh]\n",
    .attributes = attributes,
    .import_by = import_inputs,
    .prepare = prepare,
};

}  // namespace

const AwsType container_image{.type = &type,
                              .read = read,
                              .create = create,
                              .update = update,
                              .remove = remove,
                              .find_after_crash = find_after_crash,
                              .find_existing = find_existing,
                              .claim = claim};

}  // namespace firn::aws
