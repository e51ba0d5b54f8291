#include "cli/clouds.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <optional>

#include "cli/all_types.h"
#include "cli/image_builders.h"
#include "cli/machine.h"
#include "core/async/sync.h"
#include "core/base/text.h"
#include "core/http/curl_transport.h"
#include "core/plan/refresh.h"
#include "core/provider/builtin.h"
#include "providers/aws/credential_chain.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/provider.h"
#include "providers/snowflake/provider.h"

#include "firn_version.h"

namespace firn::cli {
namespace {

constexpr std::array<std::string_view, 2> provider_sections{"aws", "snowflake"};

constexpr std::string_view target_doc =
    "Where requests go: cloud, sandbox, or the URL of a compatible endpoint.";

constexpr std::array aws_settings{
    Word{"region", "The region that objects are made in."},
    Word{"account", "The account that the credentials must belong to; ARNs are planned with it."},
    Word{"target", target_doc},
    Word{"profile", "The profile of the AWS configuration that gives the credentials."},
    Word{"log_bucket",
         "The bucket for access logs, which is there already; stacks read it as "
         "env.aws.log_bucket, and a sandbox has it from the beginning."},
};

constexpr std::array snowflake_settings{
    Word{"account", "The account: ORGANIZATION-ACCOUNT."},
    Word{"user", "The user that firn signs in as."},
    Word{"role", "The role that firn acts as."},
    Word{"warehouse", "The warehouse for statements that need one."},
    Word{"target", target_doc},
    Word{"connection", "The connection of connections.toml that says the rest."},
    Word{"region", "The AWS region that the account is in, in a sandbox."},
};

// Where one cloud's requests go.
struct Target {
  enum class Kind : std::uint8_t { cloud, sandbox, endpoint };
  Kind kind = Kind::cloud;
  std::string url;  // of `endpoint`
};

SourceRange place_of(const Environment& environment, std::string_view section) {
  const config::Node root = environment.document->root();
  const config::Node node = root.find_key(section);
  return node.is_present() ? node.where() : root.where();
}

// Of one key of a section, or of its value.
SourceRange place_of_key(const Environment& environment, std::string_view section,
                         std::string_view key) {
  const config::Node node = environment.document->root().find(section);
  const config::Node found = node.is_map() ? node.find_key(key) : config::Node{};
  return found.is_present() ? found.where() : place_of(environment, section);
}
SourceRange place_of_value(const Environment& environment, std::string_view section,
                           std::string_view key) {
  const config::Node node = environment.document->root().find(section);
  const config::Node found = node.is_map() ? node.find(key) : config::Node{};
  return found.is_present() ? found.where() : place_of(environment, section);
}

void check_settings(const Environment& environment, std::string_view section, const Value& settings,
                    Diagnostics& diagnostics) {
  if (!settings.is_map()) return;
  const std::span<const Word> allowed = setting_words(section);
  for (const auto& [key, value] : settings.as_map()) {
    if (!contains(allowed, key)) {
      diagnostics.error(place_of_key(environment, section, key),
                        fmt::format("unknown key \"{}\" in {}", key, section), {},
                        suggestion(key, names_of(allowed)));
    } else if (!value.is_string()) {
      diagnostics.error(place_of_value(environment, section, key),
                        fmt::format("{}.{} must be a text", section, key),
                        fmt::format("This is {}.", kind_name(value.kind())),
                        key == "account" ? "put the number in quotes: account: \"123456789012\""
                                         : "put it in quotes");
    }
  }
}

Target target_of(const Environment& environment, std::string_view section, const Value& settings,
                 bool force_sandbox, Diagnostics& diagnostics) {
  Target target;
  const std::string text = settings.string_or("target", "cloud");
  if (force_sandbox || text == "sandbox") {
    target.kind = Target::Kind::sandbox;
  } else if (text.starts_with("http://") || text.starts_with("https://")) {
    target.kind = Target::Kind::endpoint;
    target.url = text;
  } else if (text != "cloud") {
    diagnostics.error(place_of_value(environment, section, "target"),
                      fmt::format("unknown target \"{}\" in {}", text, section), {},
                      "write cloud, sandbox, or the URL of an endpoint");
  }
  return target;
}

std::string user_agent() {
  return fmt::format("firn/{}", version);
}

class OpenClouds final : public Clouds {
 public:
  OpenClouds(const Environment& environment, const std::string& stack, const Arguments& arguments)
      : environment_(environment), stack_(stack), arguments_(arguments) {}

  bool open(const std::string& project_sandbox, Diagnostics& diagnostics) {
    const Value& aws = environment_.providers.at("aws");
    const Value& snowflake = environment_.providers.at("snowflake");
    check_settings(environment_, "aws", aws, diagnostics);
    check_settings(environment_, "snowflake", snowflake, diagnostics);
    const bool force = arguments_.sandbox.has_value();
    aws_target_ = target_of(environment_, "aws", aws, force, diagnostics);
    snowflake_target_ = target_of(environment_, "snowflake", snowflake, force, diagnostics);
    if (diagnostics.has_errors()) return false;
    if (!open_time(project_sandbox, diagnostics)) return false;
    providers_.add(builtin_);
    return open_aws(aws, diagnostics) && open_snowflake(snowflake, diagnostics);
  }

  Scheduler& scheduler() override { return *scheduler_; }
  Random& random() override { return random_; }
  const Providers& providers() const override { return providers_; }
  sandbox::Sandbox* sandbox() override { return sandbox_.get(); }

  std::string target() const override {
    const auto side = [&](const Target& target, const std::string& cloud) {
      switch (target.kind) {
        case Target::Kind::sandbox:
          return fmt::format("sandbox {}", sandbox_file_);
        case Target::Kind::endpoint:
          return target.url;
        case Target::Kind::cloud:
          break;
      }
      return cloud;
    };
    const Placement aws = aws_->placement();
    const std::string left = side(aws_target_, fmt::format("AWS {} {}", aws.account, aws.region));
    const std::string right =
        side(snowflake_target_, fmt::format("Snowflake {}", snowflake_->placement().account));
    return left == right ? left : fmt::format("{}, {}", left, right);
  }

  void connect(const std::vector<std::string>& type_names, Diagnostics& diagnostics) override {
    std::vector<Provider*> needed;
    for (Provider* provider : providers_.all()) {
      const std::string prefix = std::string(provider->name()) + ".";
      if (std::ranges::any_of(type_names,
                              [&](const std::string& name) { return name.starts_with(prefix); })) {
        needed.push_back(provider);
      }
    }
    std::vector<Task<Status>> tasks;
    for (Provider* provider : needed)
      tasks.push_back(connect_one(provider));
    const std::vector<Status> answers = scheduler_->run(when_all(*scheduler_, std::move(tasks)));
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i]) continue;
      Diagnostic diagnostic = diagnostic_of(answers[i].error(), {});
      diagnostic.where = place_of(environment_, needed[i]->name());
      diagnostics.add(std::move(diagnostic));
    }
  }

 private:
  Task<Status> connect_one(Provider* provider) {
    if (provider == snowflake_.get() && snowflake_problem_) co_return fail(*snowflake_problem_);
    if (provider == aws_.get() && aws_->placement().account.empty()) {
      co_return fail(ErrorKind::invalid_input, "the environment names no AWS account",
                     "ARNs are planned before anything is asked, and carry the account.",
                     "add aws: { account: \"123456789012\" }");
    }
    if (provider == aws_.get() && aws_->placement().region.empty()) {
      co_return fail(ErrorKind::invalid_input, "no AWS region is chosen",
                     "Neither environment nor stack, AWS_REGION or the profile names one.",
                     "add aws: { region: eu-west-1 }");
    }
    co_return co_await provider->connect();
  }

  bool open_time(const std::string& project_sandbox, Diagnostics& diagnostics) {
    const bool any_sandbox = aws_target_.kind == Target::Kind::sandbox ||
                             snowflake_target_.kind == Target::Kind::sandbox;
    if (any_sandbox) {
      sandbox::Options options;
      options.file = arguments_.sandbox.value_or("");
      if (options.file.empty()) options.file = project_sandbox;
      sandbox_file_ = options.file;
      options.aws_is_here = aws_target_.kind == Target::Kind::sandbox;
      std::error_code error;
      const auto folder = std::filesystem::path(options.file).parent_path();
      if (!folder.empty()) std::filesystem::create_directories(folder, error);
      auto opened = sandbox::Sandbox::open(options);
      if (!opened) {
        Diagnostic diagnostic;
        diagnostic.summary = opened.error().summary;
        diagnostic.detail = opened.error().detail;
        diagnostic.remedy = opened.error().remedy;
        diagnostics.add(std::move(diagnostic));
        return false;
      }
      sandbox_ = std::move(*opened);
    }
    // What is outside this process keeps real time, whatever else takes part: signatures carry the
    // time, and waiting for somebody else in virtual time is no waiting at all.
    const bool any_outside = aws_target_.kind != Target::Kind::sandbox ||
                             snowflake_target_.kind != Target::Kind::sandbox;
    if (any_sandbox && any_outside) sandbox_->clock().advance_to(real_clock_.now());
    Clock* clock = &real_clock_;
    if (!any_outside) clock = &sandbox_->clock();
    scheduler_.emplace(*clock, random_);
    return true;
  }

  http::Transport& network(const std::string& ca_bundle) {
    http::CurlOptions options;
    options.user_agent = user_agent();
    options.ca_bundle = ca_bundle;
    networks_.push_back(std::make_unique<http::CurlTransport>(*scheduler_, std::move(options)));
    return *networks_.back();
  }

  bool open_aws(const Value& settings, Diagnostics& diagnostics) {
    aws::ClientOptions options;
    options.user_agent = user_agent();
    options.placement.account = settings.string_or("account", "");
    options.placement.region = settings.string_or("region", "");
    options.placement.stack = stack_;
    options.placement.environment = environment_.name;
    if (aws_target_.kind == Target::Kind::sandbox) {
      if (options.placement.account.empty()) options.placement.account = "111122223333";
      if (options.placement.region.empty()) options.placement.region = "eu-west-1";
      options.placement.partition = aws::partition_of(options.placement.region);
      const auto keys = sandbox_->administrator_of(options.placement.account);
      if (const std::string logs = settings.string_or("log_bucket", ""); !logs.empty()) {
        const Status given =
            sandbox_->given_bucket(options.placement.account, options.placement.region, logs);
        if (!given) {
          diagnostics.add(diagnostic_of(given.error(), {}));
          return false;
        }
      }
      image_builder_ = make_folder_builder();
      options.image_builder = image_builder_.get();
      aws_credentials_ = std::make_unique<aws::StaticCredentials>(
          aws::Credentials{keys.access_key_id, keys.secret_access_key, {}, std::nullopt});
      aws_ = std::make_unique<aws::AwsProvider>(*scheduler_, sandbox_->aws(), *aws_credentials_,
                                                std::move(options));
      providers_.add(*aws_);
      return true;
    }
    aws::Machine machine = this_machine();
    std::string profile = arguments_.profile;
    if (profile.empty()) profile = settings.string_or("profile", "");
    aws::SharedConfiguration configuration(machine, profile);
    const auto configured = aws::read_settings(machine, configuration);
    if (!configured) {
      Diagnostic diagnostic;
      diagnostic.summary = configured.error().summary;
      diagnostic.detail = configured.error().detail;
      diagnostic.remedy = configured.error().remedy;
      diagnostics.add(std::move(diagnostic));
      return false;
    }
    if (options.placement.region.empty()) options.placement.region = configured->region;
    options.placement.partition = aws::partition_of(options.placement.region);
    options.endpoints = configured->endpoints;
    options.max_attempts = configured->max_attempts;
    if (aws_target_.kind == Target::Kind::endpoint) {
      options.endpoints = {{"", aws_target_.url}};
      options.path_style = true;
    }
    image_builder_ = make_command_builder(*scheduler_);
    options.image_builder = image_builder_.get();
    http::Transport& transport = network(configured->ca_bundle);
    aws_credentials_ = std::make_unique<aws::CredentialChain>(
        *scheduler_, transport, std::move(machine), std::move(configuration),
        options.placement.region, options.endpoints);
    aws_ = std::make_unique<aws::AwsProvider>(*scheduler_, transport, *aws_credentials_,
                                              std::move(options));
    providers_.add(*aws_);
    return true;
  }

  bool open_snowflake(const Value& settings, Diagnostics& diagnostics) {
    snowflake::ConnectionOptions wanted;
    wanted.account = settings.string_or("account", "");
    wanted.user = settings.string_or("user", "");
    wanted.role = settings.string_or("role", "");
    wanted.warehouse = settings.string_or("warehouse", "");
    wanted.connection = arguments_.connection.empty() ? settings.string_or("connection", "")
                                                      : arguments_.connection;
    wanted.connection_decides = !arguments_.connection.empty();
    if (snowflake_target_.kind == Target::Kind::sandbox) {
      if (wanted.account.empty()) wanted.account = "firn-local";
      if (wanted.user.empty()) wanted.user = "FIRN_DEPLOY";
      if (wanted.role.empty()) wanted.role = "FIRN_DEPLOYER";
      const std::string region = settings.string_or("region", aws_->placement().region);
      auto key = sandbox_->deployer_key(wanted.account, region, wanted.user, wanted.role);
      if (!key) {
        Diagnostic diagnostic;
        diagnostic.summary = key.error().summary;
        diagnostic.detail = key.error().detail;
        diagnostic.remedy = key.error().remedy;
        diagnostics.add(std::move(diagnostic));
        return false;
      }
      wanted.private_key_pem = std::move(*key);
      wanted.warehouse.clear();
    }
    if (snowflake_target_.kind == Target::Kind::endpoint) wanted.endpoint = snowflake_target_.url;
    const auto sources = snowflake::process_sources();
    auto resolved = snowflake::resolve_connection(wanted, sources);
    snowflake::Connection connection;
    if (resolved) {
      connection = std::move(*resolved);
    } else {
      // Planning offline needs no credentials; whoever connects is told.
      snowflake_problem_ = resolved.error();
      connection.account = wanted.account;
      connection.user = wanted.user;
    }
    http::Transport& transport =
        snowflake_target_.kind == Target::Kind::sandbox ? sandbox_->snowflake() : network("");
    snowflake::ProviderOptions options;
    options.user_agent = user_agent();
    options.stack = stack_;
    options.environment = environment_.name;
    snowflake_ = std::make_unique<snowflake::SnowflakeProvider>(
        *scheduler_, transport, std::move(connection), sources, std::move(options));
    providers_.add(*snowflake_);
    return true;
  }

  const Environment& environment_;
  std::string stack_;
  const Arguments& arguments_;
  Target aws_target_;
  Target snowflake_target_;
  std::string sandbox_file_;
  RealClock real_clock_;
  SystemRandom random_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::optional<Scheduler> scheduler_;
  std::vector<std::unique_ptr<http::CurlTransport>> networks_;
  BuiltinProvider builtin_;
  std::unique_ptr<aws::CredentialsSource> aws_credentials_;
  std::unique_ptr<aws::ImageBuilder> image_builder_;
  std::unique_ptr<aws::AwsProvider> aws_;
  std::unique_ptr<snowflake::SnowflakeProvider> snowflake_;
  std::optional<Error> snowflake_problem_;
  Providers providers_;
};

}  // namespace

std::span<const std::string_view> provider_names() {
  return provider_sections;
}

std::span<const Word> setting_words(std::string_view section) {
  if (section == "aws") return aws_settings;
  if (section == "snowflake") return snowflake_settings;
  return {};
}

std::unique_ptr<Clouds> Clouds::open(const Environment& environment, const std::string& stack,
                                     const Arguments& arguments, const std::string& project_sandbox,
                                     Diagnostics& diagnostics) {
  auto clouds = std::make_unique<OpenClouds>(environment, stack, arguments);
  if (!clouds->open(project_sandbox, diagnostics)) return nullptr;
  return clouds;
}

std::vector<const ResourceType*> all_types() {
  RealClock clock;
  SystemRandom random;
  Scheduler scheduler(clock, random);
  http::CurlTransport unused(scheduler, {});
  aws::StaticCredentials nobody({});
  const BuiltinProvider builtin;
  const aws::AwsProvider aws(scheduler, unused, nobody, {});
  const snowflake::SnowflakeProvider snowflake(scheduler, unused, {}, {}, {});
  std::vector<const ResourceType*> types;
  for (const Provider* provider :
       {static_cast<const Provider*>(&builtin), static_cast<const Provider*>(&aws),
        static_cast<const Provider*>(&snowflake)}) {
    types.insert(types.end(), provider->types().begin(), provider->types().end());
  }
  std::ranges::sort(types, {}, &ResourceType::name);
  return types;
}

}  // namespace firn::cli
