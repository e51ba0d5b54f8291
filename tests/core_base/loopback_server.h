// A server on a free loopback port that says exactly the bytes it is told to say.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace firn::test {

// One accepted connection. Reading blocks until a whole request (head and body) has arrived.
class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] std::string read_request();  // "" when the client has gone
  void write(const std::string& bytes);
  void close();
  void wait_until_client_leaves();

 private:
  int socket_;
  std::string left_;
};

// Serves connections one after the other on a thread of its own; the destructor stops it.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::function<void(Connection&)> serve);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  int listener_ = -1;
  int port_ = 0;
  std::function<void(Connection&)> serve_;
  std::thread thread_;
};

// A port on which nothing listens.
[[nodiscard]] int closed_port();

}  // namespace firn::test
