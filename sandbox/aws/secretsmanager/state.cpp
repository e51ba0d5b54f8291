#include "sandbox/aws/secretsmanager/state.h"

#include <algorithm>

#include "sandbox/aws/arn.h"

namespace firn::sandbox::aws::secretsmanager {

std::optional<Value> find_secret(const World& world, const std::string& account,
                                 const std::string& region, const std::string& text) {
  const auto arn = parse_arn(text);
  const auto is_wanted = [&](const Value& secret) {
    const std::string own = secret.string_or("arn", "");
    return own == text || own.substr(0, own.size() - 7) == text;
  };
  const auto is_there = [&world](const Value& secret) {
    const std::int64_t deleted_at = secret.int_or("deleted_at", 0);
    return deleted_at == 0 || deleted_at > world.now_ms();
  };
  if (!arn) {
    const Value* found =
        world.store.get(collection(account, region, "secretsmanager/secret"), text);
    return found && is_there(*found) ? std::optional(*found) : std::nullopt;
  }
  for (auto& [name, secret] :
       world.store.list(collection(arn->account, arn->region, "secretsmanager/secret"))) {
    if (is_wanted(secret) && is_there(secret)) return std::move(secret);
  }
  return std::nullopt;
}

bool is_deleted(const Value& secret) {
  return secret.int_or("deleted_at", 0) != 0;
}

const Value* version_at(const Value& secret, const std::string& stage) {
  for (const Value& version : secret.at("versions").as_list()) {
    const List& stages = version.at("stages").as_list();
    if (std::find(stages.begin(), stages.end(), Value(stage)) != stages.end()) return &version;
  }
  return nullptr;
}

}  // namespace firn::sandbox::aws::secretsmanager
