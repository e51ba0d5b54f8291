// ImageBuilder: who makes a container image of a folder. Real runs start the author's command, a
// rehearsal on the sandbox packs the folder in process.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/task.h"
#include "core/base/result.h"

namespace firn::aws {

struct ImageBuild {
  std::vector<std::string> command;
  std::string folder;      // absolute
  std::string repository;  // its URI, without a tag
  std::string tag;
  // An empty folder. The builder either pushes `repository:tag` itself, or leaves an image here as
  // an OCI image layout.
  std::string oci_layout;
  std::string address;                           // of the resource, for messages
  std::function<void(std::string_view)> report;  // one progress line; may be empty
};

class ImageBuilder {
 public:
  virtual ~ImageBuilder() = default;
  ImageBuilder() = default;
  ImageBuilder(const ImageBuilder&) = delete;
  ImageBuilder& operator=(const ImageBuilder&) = delete;

  virtual Task<Status> build(ImageBuild build) = 0;
};

}  // namespace firn::aws
