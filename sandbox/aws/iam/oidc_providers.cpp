// OpenID Connect providers: who may sign tokens that roles trust.
#include <algorithm>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

constexpr std::string_view kind = "oidc-provider";
constexpr std::string_view scheme = "https://";
constexpr std::size_t most_client_ids = 100;
constexpr std::size_t most_thumbprints = 5;
constexpr std::size_t longest_url = 255;
constexpr std::size_t thumbprint_length = 40;

std::string arn_of(const Call& call, const std::string& address) {
  return fmt::format("arn:aws:iam::{}:oidc-provider/{}", call.account, address);
}

std::string checked_url(const std::string& url) {
  const bool fits = url.starts_with(scheme) && url.size() > scheme.size() &&
                    url.size() <= longest_url &&
                    url.find_first_of("?#: ", scheme.size()) == std::string::npos;
  if (!fits) throw Refusal{400, "ValidationError", "Invalid Open ID Connect Provider URL"};
  return url.substr(scheme.size());
}

List checked_client_ids(const std::vector<std::string>& ids) {
  List list;
  for (const std::string& id : ids) {
    if (id.empty() || id.size() > longest_url) {
      throw validation_error(id, "clientIDList", "Member must have length between 1 and 255");
    }
    if (std::find(list.begin(), list.end(), Value(id)) == list.end()) list.emplace_back(id);
  }
  if (list.size() > most_client_ids) {
    throw limit_exceeded("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100");
  }
  return list;
}

List checked_thumbprints(const std::vector<std::string>& thumbprints) {
  if (thumbprints.size() > most_thumbprints) {
    throw Refusal{400, "InvalidInput", "Thumbprint list must contain fewer than 5 entries."};
  }
  List list;
  for (const std::string& text : thumbprints) {
    const bool is_hex = std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
    if (text.size() != thumbprint_length || !is_hex) {
      throw validation_error(text, "thumbprintList",
                             "Member must have length equal to 40 hexadecimal digits");
    }
    list.emplace_back(text);
  }
  return list;
}

// The provider of the ARN that the request names.
Value provider_for(Call& call, const Form& input) {
  const std::string arn = required(input, "OpenIDConnectProviderArn");
  call.target = arn;
  authorize(call, "iam:" + call.operation, arn);
  const std::string prefix = arn_of(call, "");
  const Value* found = arn.starts_with(prefix)
                           ? find(call.world, call.account, kind, arn.substr(prefix.size()))
                           : nullptr;
  if (!found) {
    throw no_such_entity(fmt::format("OpenIDConnect Provider not found for arn {}", arn));
  }
  return *found;
}

void keep_provider(Call& call, Value provider) {
  const std::string url = provider.string_or("url", "");
  keep(call.world, call.account, kind, url, std::move(provider));
}

void write_texts(Xml& xml, const char* name, const Value& list) {
  xml.open(name);
  for (const Value& item : list.as_list())
    xml.leaf("member", item.as_string());
  xml.close();
}

}  // namespace

void create_oidc_provider(Call& call, const Form& input, Xml& xml) {
  const std::string url = checked_url(required(input, "Url"));
  const std::string arn = arn_of(call, url);
  call.target = arn;
  authorize(call, "iam:CreateOpenIDConnectProvider", arn);
  if (find(call.world, call.account, kind, url)) {
    throw Refusal{409, "EntityAlreadyExists",
                  fmt::format("Provider with url https://{} already exists.", url)};
  }
  List thumbprints = checked_thumbprints(input.list("ThumbprintList"));
  // IAM asks the provider's server for its certificates; here nobody is asked.
  if (thumbprints.empty()) {
    thumbprints.emplace_back(sha256_hex(url).substr(0, thumbprint_length));
  }
  const Value provider = Map{{"url", url},
                             {"arn", arn},
                             {"client_ids", checked_client_ids(input.list("ClientIDList"))},
                             {"thumbprints", Value(std::move(thumbprints))},
                             {"tags", Value(merged_tags({}, tags_in(input, "Tags")))},
                             {"created_at", call.world.now_ms()}};
  keep_provider(call, provider);
  xml.leaf("OpenIDConnectProviderArn", arn);
  write_tags(xml, provider);
}

void get_oidc_provider(Call& call, const Form& input, Xml& xml) {
  const Value provider = provider_for(call, input);
  xml.leaf("Url", provider.string_or("url", ""));
  xml.leaf("CreateDate", iso(provider.int_or("created_at", 0)));
  write_texts(xml, "ClientIDList", provider.at("client_ids"));
  write_texts(xml, "ThumbprintList", provider.at("thumbprints"));
  write_tags(xml, provider);
}

void list_oidc_providers(Call& call, const Form&, Xml& xml) {
  authorize(call, "iam:ListOpenIDConnectProviders", arn_of(call, ""));
  xml.open("OpenIDConnectProviderList");
  for (const Value& provider : all(call.world, call.account, kind)) {
    xml.open("member").leaf("Arn", provider.string_or("arn", "")).close();
  }
  xml.close();
}

// A provider that does not exist is no error.
void delete_oidc_provider(Call& call, const Form& input, Xml&) {
  const std::string arn = required(input, "OpenIDConnectProviderArn");
  call.target = arn;
  authorize(call, "iam:DeleteOpenIDConnectProvider", arn);
  const std::string prefix = arn_of(call, "");
  if (!arn.starts_with(prefix)) return;
  const std::string url = arn.substr(prefix.size());
  if (find(call.world, call.account, kind, url)) drop(call.world, call.account, kind, url);
}

void add_client_id(Call& call, const Form& input, Xml&) {
  const Value provider = provider_for(call, input);
  std::vector<std::string> ids;
  for (const Value& id : provider.at("client_ids").as_list())
    ids.push_back(id.as_string());
  ids.push_back(required(input, "ClientID"));
  keep_provider(call, with(provider, "client_ids", checked_client_ids(ids)));
}

void remove_client_id(Call& call, const Form& input, Xml&) {
  const Value provider = provider_for(call, input);
  List ids = provider.at("client_ids").as_list();
  std::erase(ids, Value(required(input, "ClientID")));
  keep_provider(call, with(provider, "client_ids", Value(std::move(ids))));
}

void update_thumbprint(Call& call, const Form& input, Xml&) {
  const Value provider = provider_for(call, input);
  List thumbprints = checked_thumbprints(input.list("ThumbprintList"));
  keep_provider(call, with(provider, "thumbprints", Value(std::move(thumbprints))));
}

void tag_oidc_provider(Call& call, const Form& input, Xml&) {
  const Value provider = provider_for(call, input);
  keep_provider(call, with_tags(provider, merged_tags(tags_of(provider), tags_in(input, "Tags"))));
}

void untag_oidc_provider(Call& call, const Form& input, Xml&) {
  const Value provider = provider_for(call, input);
  Map tags = tags_of(provider);
  for (const std::string& key : input.list("TagKeys"))
    tags.erase(key);
  keep_provider(call, with_tags(provider, std::move(tags)));
}

}  // namespace firn::sandbox::aws::iam
