#include "sandbox/snowflake/cloud.h"

#include <deque>
#include <fmt/core.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/execute.h"
#include "sandbox/snowflake/keys.h"
#include "sandbox/snowflake/load.h"
#include "sandbox/snowflake/notification.h"
#include "sandbox/snowflake/parameters.h"
#include "sandbox/snowflake/parser.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/wire.h"

namespace firn::sandbox {

namespace sf = snowflake;

namespace {

constexpr std::string_view statements_path = "/api/v2/statements";
constexpr std::size_t kept_statements = 512;
constexpr std::int64_t day = 86'400'000'000'000;

// A statement that was sent: for polling, for partitions, for retries of the same request.
struct Kept {
  std::string handle;
  std::string account;
  std::string request_id;
  int status = 200;
  sf::RenderedResult result;
  int polls_left = 0;  // GETs that still answer 202
  bool cancelled = false;
};

// "" where the host names no account ("localhost").
std::string account_of_host(const std::string& host) {
  const auto lower = to_lower(host);
  for (const std::string_view domain : {".snowflakecomputing.com", ".snowflakecomputing.cn"}) {
    if (lower.ends_with(domain)) return sf::canonical_account(host);
  }
  return "";
}

std::string uuid_of(const std::string& digest) {
  return fmt::format("{}-{}-{}-{}-{}", digest.substr(0, 8), digest.substr(8, 4),
                     digest.substr(12, 4), digest.substr(16, 4), digest.substr(20, 12));
}

}  // namespace

struct SnowflakeCloud::Impl {
  Store& store;
  VirtualClock& clock;
  AwsDoor* aws;
  Options options;
  Handled handled;
  std::deque<Kept> kept;
  std::uint64_t counter = 0;

  http::Response handle(const http::Request& request);
  http::Response submit(const http::Request& request, const std::string& account,
                        const sf::Object& user);
  http::Response run(const sf::StatementRequest& statement, const std::string& account,
                     const sf::Object& user);
  sf::Context context_for(sf::Catalog& catalog, sf::Access& access,
                          const sf::StatementRequest& statement, const sf::Object& user) const;
  std::string role_for(const sf::Catalog& catalog, const sf::StatementRequest& statement,
                       const sf::Object& user) const;
  http::Response poll(const http::Request& request, const std::string& handle_text);
  http::Response cancel(const std::string& handle_text);
  // The user, or the answer that refuses.
  tl::expected<sf::Object, http::Response> log_in(const http::Request& request,
                                                  std::string& account);
  http::Response refuse_login(const sf::Catalog& catalog, const Error& error);

  Kept* find_handle(const std::string& handle_text);
  std::optional<http::Response> earlier(const sf::StatementRequest& statement,
                                        const std::string& account) const;
  void keep(Kept entry, bool changed);
  std::string fresh_uuid(std::string_view purpose);
  http::Response reject(sf::Rejection rejection) {
    handled.error = rejection.code;
    return sf::rejected(rejection);
  }
};

SnowflakeCloud::SnowflakeCloud(Store& store, VirtualClock& clock, AwsDoor* aws)
    : SnowflakeCloud(store, clock, aws, Options{}) {}
SnowflakeCloud::SnowflakeCloud(Store& store, VirtualClock& clock, AwsDoor* aws, Options options)
    : impl_(new Impl{store, clock, aws, std::move(options), {}, {}, 0}) {}
SnowflakeCloud::~SnowflakeCloud() = default;

void SnowflakeCloud::set_aws(AwsDoor* aws) {
  impl_->aws = aws;
}
http::Response SnowflakeCloud::handle(const http::Request& request) {
  return impl_->handle(request);
}
const SnowflakeCloud::Handled& SnowflakeCloud::last_handled() const {
  return impl_->handled;
}

std::string SnowflakeCloud::Impl::fresh_uuid(std::string_view purpose) {
  const Value* seed = store.get("sandbox", "seed");
  return uuid_of(
      hex(sha256(fmt::format("{}|{}|{}|{}", seed != nullptr ? to_json(*seed) : "", purpose,
                             clock.now().time_since_epoch().count(), ++counter))));
}

http::Response SnowflakeCloud::Impl::handle(const http::Request& request) {
  handled = {};
  const std::string_view path = request.path;
  if (!path.starts_with(statements_path)) {
    return reject(
        {404, "404", "firn sandbox does not know: " + request.method + " " + request.path});
  }
  if (const auto bad = sf::check_headers(request); !bad.code.empty()) return reject(bad);
  std::string account;
  auto user = log_in(request, account);
  if (!user) return user.error();
  handled.account = account;

  const auto parts = split(path.substr(statements_path.size()), '/');
  if (parts.size() == 1) {
    if (request.method != "POST") return reject({405, "405", "Method Not Allowed"});
    return submit(request, account, *user);
  }
  if (parts.size() == 2) {
    if (request.method != "GET") return reject({405, "405", "Method Not Allowed"});
    return poll(request, parts[1]);
  }
  if (parts.size() == 3 && parts[2] == "cancel") {
    if (request.method != "POST") return reject({405, "405", "Method Not Allowed"});
    return cancel(parts[1]);
  }
  return reject({404, "404", "Not Found"});
}

tl::expected<sf::Object, http::Response> SnowflakeCloud::Impl::log_in(const http::Request& request,
                                                                      std::string& account) {
  const auto refused = [&](sf::Rejection rejection) {
    return tl::unexpected<http::Response>(reject(std::move(rejection)));
  };
  const auto authorization = request.headers.get("Authorization");
  if (authorization.empty()) {
    return refused({401, "390101", "Authorization header not found in the request data."});
  }
  if (!equals_ignoring_case(authorization.substr(0, 7), "Bearer ")) {
    return refused({401, "390103", "Session token not found in the request data."});
  }
  const auto kind = to_upper(request.headers.get("X-Snowflake-Authorization-Token-Type"));
  if (!kind.empty() && kind != "KEYPAIR_JWT") {
    if (kind == "OAUTH") return refused({401, "390303", "Invalid OAuth access token."});
    return refused({401, "394400", "firn sandbox does not know: tokens of type " + kind});
  }
  const std::string jwt(trim(std::string_view(authorization).substr(7)));
  account = account_of_host(request.host);
  if (account.empty()) {
    const auto claims = sf::read_claims(jwt);
    if (!claims) return refused({401, "390144", "JWT token is invalid."});
    account = claims->account;
  }
  const sf::Catalog catalog(store, account);
  if (!catalog.exists()) {
    return refused(
        {404, "390201",
         fmt::format("The requested account {} does not exist in this sandbox.", account)});
  }
  auto user = sf::verify_jwt(jwt, catalog, clock.now());
  if (!user) return tl::unexpected<http::Response>(refuse_login(catalog, user.error()));
  return std::move(*user);
}

// Callers learn only an id; the reason is kept for SYSTEM$GET_LOGIN_FAILURE_DETAILS.
http::Response SnowflakeCloud::Impl::refuse_login(const sf::Catalog& catalog, const Error& error) {
  const auto id = fresh_uuid("login");
  store.put(catalog.collection("login_failure"), id,
            Map{{"errorCode", error.code},
                {"errorMessage", error.detail},
                {"timestamp", clock.now().time_since_epoch().count() / 1'000'000}});
  if (const auto saved = store.commit(); !saved) {
    return reject({500, "390000", saved.error().summary});
  }
  return reject({401, "390144", fmt::format("JWT token is invalid. [{}]", id)});
}

http::Response SnowflakeCloud::Impl::submit(const http::Request& request,
                                            const std::string& account, const sf::Object& user) {
  if (request.body.empty()) return reject({405, "405", "The request has no body."});
  sf::StatementRequest statement;
  if (const auto bad = sf::read_statement(request, statement); !bad.code.empty()) {
    return reject(bad);
  }
  handled.operation = sf::operation_of(statement.sql);
  if (statement.retry && !statement.request_id.empty()) {
    if (auto answer = earlier(statement, account)) return std::move(*answer);
  }
  return run(statement, account, user);
}

std::string SnowflakeCloud::Impl::role_for(const sf::Catalog& catalog,
                                           const sf::StatementRequest& statement,
                                           const sf::Object& user) const {
  const auto granted = [&](const std::string& name) {
    if (name == "PUBLIC") return true;
    const auto role = catalog.find(sf::Kind::role, 0, name);
    return role && sf::inherits(catalog, user.id, role->id);
  };
  if (statement.role.empty()) {
    const auto own = user.text("default_role");
    return !own.empty() && granted(own) ? own : "PUBLIC";
  }
  if (granted(statement.role)) return statement.role;
  throw sf::SqlError{"003013", "42501",
                     fmt::format("Requested role '{}' is not assigned to the executing user. "
                                 "Specify another role to activate.",
                                 statement.role),
                     false};
}

sf::Context SnowflakeCloud::Impl::context_for(sf::Catalog& catalog, sf::Access& access,
                                              const sf::StatementRequest& statement,
                                              const sf::Object& user) const {
  sf::Context context{catalog, access, aws, clock.now(), {}, statement.sql};
  auto& session = context.session;
  session.user = user.name;
  session.role = catalog.role_name(access.role()).name;
  session.database = statement.database;
  session.schema = statement.schema;
  session.warehouse =
      statement.warehouse.empty() ? user.text("default_warehouse") : statement.warehouse;
  const auto home = sf::parse_path(user.text("default_namespace"));
  if (session.database.empty() && !home.empty()) {
    session.database = home[0];
    if (session.schema.empty() && home.size() > 1) session.schema = home[1];
  }
  if (!session.database.empty() && session.schema.empty()) session.schema = "PUBLIC";
  return context;
}

http::Response SnowflakeCloud::Impl::run(const sf::StatementRequest& statement,
                                         const std::string& account, const sf::Object& user) {
  sf::Catalog catalog(store, account);
  const auto handle_text = fresh_uuid("statement");
  try {
    const auto role_name = role_for(catalog, statement, user);
    const auto role = catalog.find(sf::Kind::role, 0, role_name);
    sf::Access access(catalog, role ? role->id : 0);
    auto context = context_for(catalog, access, statement, user);
    const bool ignore_case =
        sf::account_parameter(catalog, "QUOTED_IDENTIFIERS_IGNORE_CASE").value == "true";
    const auto parsed = sf::parse(statement.sql, ignore_case);
    handled.target = sf::target_of(parsed);
    const auto result = sf::execute(context, parsed);
    handled.changed_something = sf::changes_something(parsed);
    Kept entry;
    entry.handle = handle_text;
    entry.account = account;
    entry.request_id = statement.request_id;
    entry.result = sf::render_result(result, handle_text, statement.request_id, clock.now(),
                                     statement.nullable, options.partition_rows);
    entry.polls_left = statement.asynchronous ? options.polls_until_ready : 0;
    auto response =
        statement.asynchronous
            ? sf::json_response(202, sf::render_running(handle_text, statement.request_id))
            : sf::json_response(200, entry.result.first);
    keep(std::move(entry), handled.changed_something);
    if (const auto saved = store.commit(); !saved) {
      store.rollback();
      return reject({500, "390000", saved.error().summary});
    }
    return response;
  } catch (const sf::SqlError& error) {
    handled.error = error.code;
    if (error.keeps_changes) {
      handled.changed_something = true;
      if (const auto saved = store.commit(); !saved) store.rollback();
    } else {
      store.rollback();
    }
    const auto body = sf::render_refusal(error, handle_text, clock.now());
    if (!statement.asynchronous) return sf::json_response(422, body);
    Kept entry;
    entry.handle = handle_text;
    entry.account = account;
    entry.request_id = statement.request_id;
    entry.status = 422;
    entry.result.first = body;
    entry.polls_left = options.polls_until_ready;
    keep(std::move(entry), false);
    return sf::json_response(202, sf::render_running(handle_text, statement.request_id));
  }
}

// Results live in memory; what changed something is also kept in the store for a day, so that a
// retry after a restart is not carried out twice.
void SnowflakeCloud::Impl::keep(Kept entry, bool changed) {
  if (changed && !entry.request_id.empty()) {
    const sf::Catalog catalog(store, entry.account);
    const auto collection = catalog.collection("statement");
    const auto now = clock.now().time_since_epoch().count();
    if (counter % 64 == 0) {
      for (const auto& [key, document] : store.list(collection)) {
        if (now - document.int_or("at", 0) > day) store.erase(collection, key);
      }
    }
    store.put(collection, entry.request_id,
              Map{{"at", now}, {"handle", entry.handle}, {"body", entry.result.first}});
  }
  kept.push_back(std::move(entry));
  if (kept.size() > kept_statements) kept.pop_front();
}

std::optional<http::Response> SnowflakeCloud::Impl::earlier(const sf::StatementRequest& statement,
                                                            const std::string& account) const {
  for (auto entry = kept.rbegin(); entry != kept.rend(); ++entry) {
    if (entry->request_id != statement.request_id || entry->account != account) continue;
    if (entry->polls_left > 0) {
      return sf::json_response(202, sf::render_running(entry->handle, entry->request_id));
    }
    return sf::json_response(entry->status, entry->result.first);
  }
  const Value* stored =
      store.get(sf::Catalog(store, account).collection("statement"), statement.request_id);
  if (stored == nullptr) return std::nullopt;
  return sf::json_response(200, stored->string_or("body", ""));
}

Kept* SnowflakeCloud::Impl::find_handle(const std::string& handle_text) {
  for (auto& entry : kept) {
    if (entry.handle == handle_text && entry.account == handled.account) return &entry;
  }
  return nullptr;
}

http::Response SnowflakeCloud::Impl::poll(const http::Request& request,
                                          const std::string& handle_text) {
  handled.operation = "GET statement";
  handled.target = handle_text;
  auto* entry = find_handle(handle_text);
  if (entry == nullptr) {
    handled.error = "000709";
    return sf::json_response(
        422, sf::render_refusal(
                 {"000709", "02000", fmt::format("Statement {} not found", handle_text), false},
                 handle_text, clock.now()));
  }
  if (entry->cancelled) {
    return sf::json_response(
        422, sf::render_refusal({"000604", "57014", "SQL execution canceled", false}, handle_text,
                                clock.now()));
  }
  if (entry->polls_left > 0) {
    --entry->polls_left;
    return sf::json_response(202, sf::render_running(entry->handle, entry->request_id));
  }
  const auto partition = sf::query_parameter(request.query, "partition");
  if (partition.empty() || partition == "0") {
    return sf::json_response(entry->status, entry->result.first);
  }
  const bool number =
      partition.find_first_not_of("0123456789") == std::string::npos && partition.size() < 7;
  const std::size_t index = number ? std::stoul(partition) : 0;
  if (index == 0 || index > entry->result.others.size()) {
    return reject({400, "390142", "There is no partition " + partition + "."});
  }
  return sf::json_response(200, entry->result.others[index - 1]);
}

http::Response SnowflakeCloud::Impl::cancel(const std::string& handle_text) {
  handled.operation = "CANCEL statement";
  handled.target = handle_text;
  auto* entry = find_handle(handle_text);
  if (entry == nullptr || entry->polls_left == 0) {
    handled.error = entry == nullptr ? "000709" : "000605";
    const auto message = entry == nullptr
                             ? fmt::format("Statement {} not found", handle_text)
                             : std::string("Identified SQL statement is not currently executing.");
    return sf::json_response(
        422,
        sf::render_refusal({handled.error, entry == nullptr ? "02000" : "57014", message, false},
                           handle_text, clock.now()));
  }
  // The sandbox carries statements out at once, so only the answer is withheld.
  entry->cancelled = true;
  return sf::json_response(200, sf::render_cancelled(handle_text));
}

Result<std::string> SnowflakeCloud::deployer_key(const std::string& account_text,
                                                 const std::string& region,
                                                 const std::string& user_text,
                                                 const std::string& role_text) {
  auto& impl = *impl_;
  const auto account = sf::canonical_account(account_text);
  if (account.empty() || user_text.empty() || role_text.empty()) {
    return fail(ErrorKind::invalid_input,
                "account, user and role of the Snowflake deployer must be named",
                "one of them is empty", "name them in the environment file");
  }
  sf::Catalog catalog(impl.store, account);
  catalog.create(region, impl.clock.now());
  const auto now = impl.clock.now().time_since_epoch().count();

  const auto role_path = sf::parse_path(role_text);
  const auto role_name = role_path.size() == 1 ? role_path.front() : role_text;
  auto role = catalog.find(sf::Kind::role, 0, role_name);
  if (!role) {
    role.emplace();
    role->kind = sf::Kind::role;
    role->name = role_name;
    role->created = now;
    const auto admin = catalog.find(sf::Kind::role, 0, "USERADMIN");
    role->owner = admin ? admin->id : 0;
    role->properties.set("deployer", true);
    catalog.put(*role);
  }
  // A role that a stack made keeps to the rights that the stack gave it.
  if (role->flag("deployer")) {
    for (const auto* name : {"SYSADMIN", "SECURITYADMIN"}) {
      const auto admin = catalog.find(sf::Kind::role, 0, name);
      if (!admin) continue;
      catalog.put_grant(
          {sf::Kind::role, admin->id, "USAGE", sf::Kind::role, role->id, false, 0, now});
    }
    for (const auto* privilege : {"CREATE INTEGRATION", "EXECUTE ALERT", "EXECUTE MANAGED ALERT",
                                  "EXECUTE MANAGED TASK", "EXECUTE TASK"}) {
      catalog.put_grant({sf::Kind::account, 0, privilege, sf::Kind::role, role->id, false, 0, now});
    }
  }

  auto user = catalog.find(sf::Kind::user, 0, to_upper(user_text));
  if (!user) {
    user.emplace();
    user->kind = sf::Kind::user;
    user->name = to_upper(user_text);
    user->created = now;
    const auto admin = catalog.find(sf::Kind::role, 0, "USERADMIN");
    user->owner = admin ? admin->id : 0;
    user->properties = Map{{"type", "SERVICE"}, {"default_role", role_name}, {"deployer", true}};
  }
  const auto keys = catalog.collection("private_key");
  const Value* stored = impl.store.get(keys, user->name);
  std::string pem = stored != nullptr ? stored->string_or("pem", "") : "";
  std::string public_key = stored != nullptr ? stored->string_or("public", "") : "";
  if (pem.empty()) {
    auto pair = impl.options.deployer_key.empty() ? sf::make_key_pair()
                                                  : sf::key_pair_of(impl.options.deployer_key);
    if (!pair) return Failure(pair.error());
    pem = pair->private_pem;
    public_key = pair->public_key;
    impl.store.put(keys, user->name, Map{{"pem", pem}, {"public", public_key}});
  }
  const bool is_of_a_stack = !user->flag("deployer");
  // Beside the key that a stack gave it.
  if (!public_key.empty()) {
    user->properties.set(is_of_a_stack ? "rsa_public_key_2" : "rsa_public_key", public_key);
  }
  catalog.put(*user);
  if (!is_of_a_stack || role->flag("deployer")) {
    catalog.put_grant({sf::Kind::role, role->id, "USAGE", sf::Kind::user, user->id, false, 0, now});
  }
  return pem;
}

std::vector<Count> SnowflakeCloud::status() const {
  std::vector<Count> counts;
  for (const auto& account : sf::accounts_of(impl_->store)) {
    const sf::Catalog catalog(impl_->store, account);
    for (const auto& entry : sf::all_kinds()) {
      if (entry.kind == sf::Kind::account) continue;
      std::size_t count = 0;
      for (const auto& object : catalog.all(entry.kind)) {
        const bool own =
            object.flag("built_in") || object.flag("automatic") || object.flag("deployer");
        count += own ? 0 : 1;
      }
      if (count == 0) continue;
      counts.push_back({"snowflake " + to_lower(entry.words), account, count});
    }
  }
  return counts;
}

bool SnowflakeCloud::iam_user_exists(const std::string& arn) {
  for (const auto& account : sf::accounts_of(impl_->store)) {
    const Value about = sf::Catalog(impl_->store, account).about();
    if (about.string_or("storage_user_arn", "") == arn ||
        about.string_or("sns_user_arn", "") == arn ||
        sf::notification_user(sf::Catalog(impl_->store, account)) == arn) {
      return true;
    }
  }
  return false;
}

bool SnowflakeCloud::queue_exists(const std::string& queue_arn) {
  for (const auto& account : sf::accounts_of(impl_->store)) {
    const sf::Catalog catalog(impl_->store, account);
    for (const auto& [region, channel] : impl_->store.list(catalog.collection("channel"))) {
      if (channel.string_or("arn", "") == queue_arn) return true;
    }
  }
  return false;
}

void SnowflakeCloud::subscription_deleted(const std::string& topic_arn,
                                          const std::string& queue_arn) {
  for (const auto& account : sf::accounts_of(impl_->store)) {
    sf::Catalog catalog(impl_->store, account);
    sf::lose_subscription(catalog, topic_arn, queue_arn,
                          impl_->clock.now().time_since_epoch().count());
  }
}

void SnowflakeCloud::deliver(const std::string& queue_arn, const std::string& message) {
  for (const auto& account : sf::accounts_of(impl_->store)) {
    const sf::Catalog catalog(impl_->store, account);
    for (const auto& [region, channel] : impl_->store.list(catalog.collection("channel"))) {
      if (channel.string_or("arn", "") != queue_arn) continue;
      sf::receive_message(impl_->store, account, impl_->aws, impl_->clock.now(), message);
    }
  }
}

}  // namespace firn::sandbox
