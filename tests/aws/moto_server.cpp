#include "tests/aws/moto_server.h"

#include <arpa/inet.h>
#include <array>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace firn::test {
namespace {

// A port that is free now.
int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int port = 0;
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port = ntohs(address.sin_port);
  }
  ::close(listener);
  return port;
}

// Reads what the server says until it says that it serves; false when it ends or stays silent.
bool says_running(int output) {
  constexpr int kSilenceMax = 60'000;  // milliseconds
  std::string said;
  while (said.find("Running on") == std::string::npos) {
    pollfd wait{output, POLLIN, 0};
    if (::poll(&wait, 1, kSilenceMax) <= 0) return false;
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(output, buffer.data(), buffer.size());
    if (got <= 0) return false;
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace

std::unique_ptr<MotoServer> MotoServer::start() {
  const int port = free_port();
  std::array<int, 2> pipe{};
  if (port == 0 || ::pipe2(pipe.data(), O_CLOEXEC) != 0) return nullptr;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  std::string program = "moto_server";
  std::string host_flag = "-H";
  std::string host = "127.0.0.1";
  std::string port_flag = "-p";
  std::string port_text = std::to_string(port);
  std::array<char*, 6> arguments{program.data(),   host_flag.data(), host.data(),
                                 port_flag.data(), port_text.data(), nullptr};
  pid_t process = -1;
  const int failed =
      ::posix_spawnp(&process, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (failed != 0) {
    ::close(pipe[0]);
    return nullptr;
  }
  std::unique_ptr<MotoServer> server(new MotoServer(process, port));
  if (!says_running(pipe[0])) {
    ::close(pipe[0]);
    return nullptr;
  }
  server->drain_ = std::thread([output = pipe[0]] {
    std::array<char, 4096> buffer{};
    while (::read(output, buffer.data(), buffer.size()) > 0) {
    }
    ::close(output);
  });
  return server;
}

MotoServer::~MotoServer() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  if (drain_.joinable()) drain_.join();
}

}  // namespace firn::test
