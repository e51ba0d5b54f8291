// A moto_server (an independent emulator of AWS) for the time of a test, on a free port of
// loopback.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/base/text.h"
#include "core/http/curl_transport.h"
#include "tests/aws/rig.h"

extern char** environ;

namespace firn::aws::test {

class Moto {
 public:
  // Nothing when moto_server is not installed or does not start.
  [[nodiscard]] static std::unique_ptr<Moto> start() {
    const std::string program = find_program("moto_server");
    if (program.empty()) return nullptr;
    const int port = free_port();
    if (port == 0) return nullptr;
    auto moto = std::unique_ptr<Moto>(new Moto(port));
    if (!moto->launch(program) || !moto->wait_until_it_answers()) return nullptr;
    return moto;
  }
  ~Moto() {
    if (process_ <= 0) return;
    kill(-process_, SIGTERM);  // with its children: moto_server may be a script that starts Python
    waitpid(process_, nullptr, 0);
  }
  Moto(const Moto&) = delete;
  Moto& operator=(const Moto&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
  [[nodiscard]] http::Transport& transport() { return transport_; }
  [[nodiscard]] CredentialsSource& credentials() { return credentials_; }
  // The account that moto gives everybody.
  [[nodiscard]] ClientOptions options() const {
    ClientOptions options = Rig::options();
    options.endpoints[""] = url();
    return options;
  }

  static constexpr const char* missing =
      "moto_server did not start, so NOTHING was checked against an independent AWS. "
      "Install it with: pip install 'moto[server]'";

 private:
  explicit Moto(int port) : port_(port) {}

  [[nodiscard]] static std::string find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    for (const std::string& folder : split(path == nullptr ? "" : path, ':')) {
      std::string candidate = folder + "/" + name;
      if (access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return {};
  }

  [[nodiscard]] static int free_port() {
    const int socket_handle = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    int port = 0;
    if (bind(socket_handle, generic, size) == 0 &&
        getsockname(socket_handle, generic, &size) == 0) {
      port = ntohs(address.sin_port);
    }
    close(socket_handle);
    return port;
  }

  bool launch(const std::string& program) {
    std::array<std::string, 5> words = {program, "-H", "127.0.0.1", "-p", std::to_string(port_)};
    std::vector<char*> arguments;
    for (std::string& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int failed =
        posix_spawn(&process_, program.c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed == 0;
  }

  static Task<bool> answers(Moto& moto) {
    for (int tries = 0; tries < 600; ++tries) {
      Result<http::Request> request = http::parse_url(moto.url() + "/moto-api/");
      if (!request) co_return false;
      http::Request prepared = std::move(*request);
      const Result<http::Response> response = co_await moto.transport_.send(std::move(prepared));
      if (response) co_return true;
      co_await moto.scheduler_.sleep(std::chrono::milliseconds(100));
    }
    co_return false;
  }
  bool wait_until_it_answers() { return scheduler_.run(answers(*this)); }

  int port_;
  pid_t process_ = 0;
  RealClock clock_;
  SystemRandom random_;
  Scheduler scheduler_{clock_, random_};
  http::CurlTransport transport_{scheduler_, http::CurlOptions{.user_agent = "firn-tests"}};
  StaticCredentials credentials_{Credentials{"AKIDEXAMPLE", "secret", "", std::nullopt}};
};

}  // namespace firn::aws::test
