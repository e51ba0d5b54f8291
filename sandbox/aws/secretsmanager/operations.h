// What the files of Secrets Manager share.
#pragma once

#include <string>

#include "core/value/value.h"
#include "sandbox/aws/call.h"

namespace firn::sandbox::aws::secretsmanager {

[[nodiscard]] Refusal refusal(std::string code, std::string message);
// The secret that SecretId names, after asking whether the caller may do this with it. The second
// refuses one that waits for its deletion.
[[nodiscard]] Value any_secret_for(Call& call, const Value& input);
[[nodiscard]] Value secret_for(Call& call, const Value& input);
void keep_secret(Call& call, Value secret);

// Who encrypts or decrypts the value must be allowed to use its key.
enum class KeyUse { encrypt, decrypt };
void use_key(Call& call, const Value& secret, KeyUse use);
// Throws unless the request brings a token of 32 to 64 characters.
[[nodiscard]] std::string token_in(const Value& input);
// The secret with a new current version. The same version again changes nothing.
[[nodiscard]] Value with_value(Call& call, const Value& secret, const std::string& token,
                               const std::string& text);

// Operations, one function each; registered in service.cpp.
Value create_secret(Call&, const Value&);
Value describe_secret(Call&, const Value&);
Value update_secret(Call&, const Value&);
Value delete_secret(Call&, const Value&);
Value restore_secret(Call&, const Value&);
Value list_secrets(Call&, const Value&);
Value tag_resource(Call&, const Value&);
Value untag_resource(Call&, const Value&);

Value get_secret_value(Call&, const Value&);
Value put_secret_value(Call&, const Value&);
Value list_secret_version_ids(Call&, const Value&);

Value put_resource_policy(Call&, const Value&);
Value get_resource_policy(Call&, const Value&);
Value delete_resource_policy(Call&, const Value&);

}  // namespace firn::sandbox::aws::secretsmanager
