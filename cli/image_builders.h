// Who builds container images in a run: the author's command, or, in a rehearsal on the sandbox,
// firn itself, which packs the folder and runs nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/async/scheduler.h"
#include "providers/aws/image_builder.h"

namespace firn::cli {

// Starts the command in the folder and waits for it while everything else goes on. What the command
// says is shown when it fails. It reads nothing, and shares the terminal's Ctrl-C.
[[nodiscard]] std::unique_ptr<aws::ImageBuilder> make_command_builder(Scheduler& scheduler);

// Packs the folder as an image of one layer, into an OCI image layout.
[[nodiscard]] std::unique_ptr<aws::ImageBuilder> make_folder_builder();

}  // namespace firn::cli
