// The services of the sandbox's AWS: each answers a request whose signature was found good.
#pragma once

#include "core/http/http.h"
#include "sandbox/aws/call.h"

namespace firn::sandbox::aws {

[[nodiscard]] http::Response answer_s3(Call& call);
[[nodiscard]] http::Response answer_sqs(Call& call);
[[nodiscard]] http::Response answer_sns(Call& call);
[[nodiscard]] http::Response answer_iam(Call& call);
[[nodiscard]] http::Response answer_sts(Call& call);
[[nodiscard]] http::Response answer_lambda(Call& call);
[[nodiscard]] http::Response answer_logs(Call& call);
[[nodiscard]] http::Response answer_states(Call& call);
[[nodiscard]] http::Response answer_scheduler(Call& call);
[[nodiscard]] http::Response answer_tagging(Call& call);
[[nodiscard]] http::Response answer_secretsmanager(Call& call);
[[nodiscard]] http::Response answer_kms(Call& call);
[[nodiscard]] http::Response answer_cloudwatch(Call& call);
[[nodiscard]] http::Response answer_ecr(Call& call);
[[nodiscard]] http::Response answer_events(Call& call);

}  // namespace firn::sandbox::aws
