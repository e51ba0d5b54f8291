#include "sandbox/snowflake/gzip.h"

#include <array>
#include <zlib.h>

namespace firn::sandbox::snowflake {
namespace {

constexpr int gzip_only = 16 + MAX_WBITS;  // zlib.h, inflateInit2

class Inflater {
 public:
  explicit Inflater(std::string_view body) : body_(body.begin(), body.end()) {
    stream_.next_in = reinterpret_cast<Bytef*>(body_.data());
    stream_.avail_in = static_cast<uInt>(body_.size());
    is_ready_ = inflateInit2(&stream_, gzip_only) == Z_OK;
  }
  ~Inflater() {
    if (is_ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Result<std::string> run() {
    std::string text;
    std::array<char, 16384> piece{};
    while (is_ready_) {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = static_cast<uInt>(piece.size());
      const int answer = inflate(&stream_, Z_NO_FLUSH);
      if (answer != Z_OK && answer != Z_STREAM_END) break;
      text.append(piece.data(), piece.size() - stream_.avail_out);
      if (answer != Z_STREAM_END) continue;
      if (stream_.avail_in == 0) return text;
      if (inflateReset(&stream_) != Z_OK) break;
    }
    return fail(ErrorKind::invalid_input, "The file is no gzip file, or only a part of one");
  }

 private:
  std::string body_;
  z_stream stream_{};
  bool is_ready_ = false;
};

}  // namespace

bool is_gzip(std::string_view body) {
  return body.starts_with("\x1f\x8b");
}

Result<std::string> gunzip(std::string_view body) {
  return Inflater(body).run();
}

}  // namespace firn::sandbox::snowflake
