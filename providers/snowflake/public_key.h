// The public half of a Snowflake user's key, as an author writes it and as Snowflake shows it.
//
// Snowflake documentation: "Key-pair authentication and key-pair rotation", "CREATE USER"
// (RSA_PUBLIC_KEY takes the key without the lines that delimit it).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace firn::snowflake {

// The Base64 text between a PEM's delimiting lines, without line ends; text without such lines is
// taken whole. Answers text that is no key as it is, trimmed.
[[nodiscard]] std::string public_key_body(std::string_view text);

// "SHA256:" and the Base64 digest of the key, as DESC USER shows it in RSA_PUBLIC_KEY_FP. Fails on
// what is no RSA public key of at least 2048 bits; no message repeats the text, which may be a
// private key that was put here by mistake.
[[nodiscard]] Result<std::string> public_key_fingerprint(std::string_view text);

}  // namespace firn::snowflake
