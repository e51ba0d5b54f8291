// KMS: keys, policies and aliases. Nothing is encrypted here; what counts is who may.
#include <array>

#include "sandbox/aws/kms/operations.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    JsonOperation{"CreateKey", kms::create_key},
    JsonOperation{"DescribeKey", kms::describe_key},
    JsonOperation{"ListKeys", kms::list_keys},
    JsonOperation{"EnableKey", kms::enable_key},
    JsonOperation{"DisableKey", kms::disable_key},
    JsonOperation{"UpdateKeyDescription", kms::update_key_description},
    JsonOperation{"ScheduleKeyDeletion", kms::schedule_key_deletion},
    JsonOperation{"CancelKeyDeletion", kms::cancel_key_deletion},
    JsonOperation{"GetKeyPolicy", kms::get_key_policy},
    JsonOperation{"PutKeyPolicy", kms::put_key_policy},
    JsonOperation{"ListKeyPolicies", kms::list_key_policies},
    JsonOperation{"GetKeyRotationStatus", kms::get_key_rotation_status},
    JsonOperation{"EnableKeyRotation", kms::enable_key_rotation},
    JsonOperation{"DisableKeyRotation", kms::disable_key_rotation},
    JsonOperation{"TagResource", kms::tag_resource},
    JsonOperation{"UntagResource", kms::untag_resource},
    JsonOperation{"ListResourceTags", kms::list_resource_tags},
    JsonOperation{"CreateAlias", kms::create_alias},
    JsonOperation{"UpdateAlias", kms::update_alias},
    JsonOperation{"DeleteAlias", kms::delete_alias},
    JsonOperation{"ListAliases", kms::list_aliases},
};

}  // namespace

http::Response answer_kms(Call& call) {
  return answer_json(call, {"kms", "TrentService", "application/x-amz-json-1.1", operations});
}

}  // namespace firn::sandbox::aws
