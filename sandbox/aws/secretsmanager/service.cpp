// Secrets Manager: secrets, the versions of their values, their policies.
#include <array>

#include "sandbox/aws/secretsmanager/operations.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    JsonOperation{"CreateSecret", secretsmanager::create_secret},
    JsonOperation{"DescribeSecret", secretsmanager::describe_secret},
    JsonOperation{"UpdateSecret", secretsmanager::update_secret},
    JsonOperation{"DeleteSecret", secretsmanager::delete_secret},
    JsonOperation{"RestoreSecret", secretsmanager::restore_secret},
    JsonOperation{"ListSecrets", secretsmanager::list_secrets},
    JsonOperation{"TagResource", secretsmanager::tag_resource},
    JsonOperation{"UntagResource", secretsmanager::untag_resource},
    JsonOperation{"GetSecretValue", secretsmanager::get_secret_value},
    JsonOperation{"PutSecretValue", secretsmanager::put_secret_value},
    JsonOperation{"ListSecretVersionIds", secretsmanager::list_secret_version_ids},
    JsonOperation{"PutResourcePolicy", secretsmanager::put_resource_policy},
    JsonOperation{"GetResourcePolicy", secretsmanager::get_resource_policy},
    JsonOperation{"DeleteResourcePolicy", secretsmanager::delete_resource_policy},
};

}  // namespace

http::Response answer_secretsmanager(Call& call) {
  return answer_json(
      call, {"secretsmanager", "secretsmanager", "application/x-amz-json-1.1", operations});
}

}  // namespace firn::sandbox::aws
