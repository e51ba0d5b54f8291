// What the files of KMS share.
#pragma once

#include <string>

#include "core/value/value.h"
#include "sandbox/aws/call.h"

namespace firn::sandbox::aws::kms {

[[nodiscard]] Refusal refusal(std::string code, std::string message);
// The key that the request's KeyId names, after asking whether the caller may do this with it.
[[nodiscard]] Value key_for(Call& call, const Value& input, const char* member = "KeyId");
// The same, and the key does not wait for its deletion.
[[nodiscard]] Value changeable_key(Call& call, const Value& input, const char* member = "KeyId");
void keep_key(Call& call, Value key);
void authorize_key(Call& call, const Value& key, const std::string& action);

// Operations, one function each; registered in service.cpp.
Value create_key(Call&, const Value&);
Value describe_key(Call&, const Value&);
Value list_keys(Call&, const Value&);
Value enable_key(Call&, const Value&);
Value disable_key(Call&, const Value&);
Value update_key_description(Call&, const Value&);
Value schedule_key_deletion(Call&, const Value&);
Value cancel_key_deletion(Call&, const Value&);
Value get_key_policy(Call&, const Value&);
Value put_key_policy(Call&, const Value&);
Value list_key_policies(Call&, const Value&);
Value get_key_rotation_status(Call&, const Value&);
Value enable_key_rotation(Call&, const Value&);
Value disable_key_rotation(Call&, const Value&);
Value tag_resource(Call&, const Value&);
Value untag_resource(Call&, const Value&);
Value list_resource_tags(Call&, const Value&);

Value create_alias(Call&, const Value&);
Value update_alias(Call&, const Value&);
Value delete_alias(Call&, const Value&);
Value list_aliases(Call&, const Value&);

}  // namespace firn::sandbox::aws::kms
