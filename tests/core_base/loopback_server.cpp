#include "tests/core_base/loopback_server.h"

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/socket.h>
#include <tuple>
#include <unistd.h>

namespace firn::test {
namespace {

// A socket bound to a free port of 127.0.0.1, and that port.
std::pair<int, int> bind_free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, generic, length) != 0 ||
      ::getsockname(listener, generic, &length) != 0) {
    std::abort();
  }
  return {listener, ntohs(address.sin_port)};
}

std::size_t content_length(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

}  // namespace

std::string Connection::read_request() {
  while (true) {
    const std::size_t head_end = left_.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::size_t size = head_end + 4 + content_length(left_.substr(0, head_end));
      if (left_.size() >= size) {
        std::string request = left_.substr(0, size);
        left_.erase(0, size);
        return request;
      }
    }
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    left_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void Connection::write(const std::string& bytes) {
  if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) close();
}

void Connection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void Connection::wait_until_client_leaves() {
  while (!read_request().empty()) {
  }
}

LoopbackServer::LoopbackServer(std::function<void(Connection&)> serve) : serve_(std::move(serve)) {
  std::tie(listener_, port_) = bind_free_port();
  if (::listen(listener_, 16) != 0) std::abort();
  thread_ = std::thread([this] {
    for (int socket = ::accept(listener_, nullptr, nullptr); socket >= 0;
         socket = ::accept(listener_, nullptr, nullptr)) {
      Connection connection(socket);
      serve_(connection);
    }
  });
}

LoopbackServer::~LoopbackServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

int closed_port() {
  const auto [listener, port] = bind_free_port();
  ::close(listener);
  return port;
}

}  // namespace firn::test
