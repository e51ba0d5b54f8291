// An independent emulator of AWS (moto_server) as a child process on loopback.
#pragma once

#include <memory>
#include <string>
#include <sys/types.h>
#include <thread>

namespace firn::test {

class MotoServer {
 public:
  // nullptr when no moto_server is on the PATH or it does not come up.
  static std::unique_ptr<MotoServer> start();
  MotoServer(const MotoServer&) = delete;
  MotoServer& operator=(const MotoServer&) = delete;
  ~MotoServer();

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  MotoServer(pid_t process, int port) : process_(process), port_(port) {}
  pid_t process_ = -1;
  int port_ = 0;
  std::thread drain_;  // reads its log, which would block it when the pipe is full
};

}  // namespace firn::test
