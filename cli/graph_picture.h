// The objects of a stack and what needs what, as Mermaid, SVG, or one self-contained HTML page.
#pragma once

#include <string>
#include <vector>

namespace firn::cli {

struct PictureNode {
  std::string address;
  std::string type;  // "aws.s3_bucket"
  std::string name;  // physical
};

struct PictureEdge {
  std::size_t from = 0;  // needs
  std::size_t to = 0;
  bool is_weak = false;  // refers to it without waiting for it
};

struct Picture {
  std::string title;
  std::vector<PictureNode> nodes;  // dependencies first
  std::vector<PictureEdge> edges;
};

[[nodiscard]] std::string mermaid(const Picture& picture);
[[nodiscard]] std::string svg(const Picture& picture);
[[nodiscard]] std::string html(const Picture& picture);

}  // namespace firn::cli
