// What the files of ECR share.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/aws/call.h"
#include "sandbox/aws/ecr/state.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::ecr {

[[nodiscard]] Refusal refusal(std::string code, std::string message);
[[nodiscard]] Refusal invalid_parameter(std::string_view member, std::string_view value,
                                        std::string_view constraint);

// Places of the store.
[[nodiscard]] std::string layer_place(const RepositoryId& id);
[[nodiscard]] std::string upload_place(const RepositoryId& id);

struct Repository {
  RepositoryId id;
  Value document;
};
// The repository that `input` names, after the caller may do `action` there; what its lifecycle
// policy takes has gone. `known` are the members that the operation understands.
[[nodiscard]] Repository repository_for(Call& call, const Value& input, const char* operation,
                                        std::initializer_list<std::string_view> known);
void keep(Call& call, const Repository& repository);

// "sha256:" and 64 digits.
[[nodiscard]] bool is_digest(std::string_view text);
[[nodiscard]] std::string digest_of(std::string_view bytes);

Value create_repository(Call&, const Value&);
Value describe_repositories(Call&, const Value&);
Value delete_repository(Call&, const Value&);
Value put_image_tag_mutability(Call&, const Value&);
Value put_image_scanning_configuration(Call&, const Value&);
Value tag_resource(Call&, const Value&);
Value untag_resource(Call&, const Value&);
Value list_tags_for_resource(Call&, const Value&);

Value set_repository_policy(Call&, const Value&);
Value get_repository_policy(Call&, const Value&);
Value delete_repository_policy(Call&, const Value&);
Value put_lifecycle_policy(Call&, const Value&);
Value get_lifecycle_policy(Call&, const Value&);
Value delete_lifecycle_policy(Call&, const Value&);

Value batch_check_layer_availability(Call&, const Value&);
Value initiate_layer_upload(Call&, const Value&);
Value upload_layer_part(Call&, const Value&);
Value complete_layer_upload(Call&, const Value&);

Value put_image(Call&, const Value&);
Value batch_get_image(Call&, const Value&);
Value describe_images(Call&, const Value&);
Value list_images(Call&, const Value&);
Value batch_delete_image(Call&, const Value&);

}  // namespace firn::sandbox::aws::ecr
