// The clouds of a run: the real ones, or the sandbox in their place, each behind its provider.
//
// An environment chooses per cloud:
//   aws:       { region: eu-west-1, account: "123456789012", target: sandbox }
//   snowflake: { account: myorg-acct, user: U, role: R, target: sandbox }
// `target` is `cloud` (the default), `sandbox`, or the URL of a compatible endpoint such as
// http://127.0.0.1:5000. `--sandbox` sets both to `sandbox`.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "core/async/scheduler.h"
#include "core/base/diagnostic.h"
#include "core/provider/provider.h"
#include "core/stack/environment.h"
#include "core/stack/words.h"
#include "sandbox/sandbox.h"

namespace firn::cli {

class Clouds {
 public:
  // Opens the sandbox when one is needed; makes no call to a cloud. nullptr after an error.
  // `stack` goes into ownership marks; `project_sandbox` is the sandbox's usual file.
  static std::unique_ptr<Clouds> open(const Environment& environment, const std::string& stack,
                                      const Arguments& arguments,
                                      const std::string& project_sandbox, Diagnostics& diagnostics);
  virtual ~Clouds() = default;
  Clouds() = default;
  Clouds(const Clouds&) = delete;
  Clouds& operator=(const Clouds&) = delete;

  [[nodiscard]] virtual Scheduler& scheduler() = 0;
  [[nodiscard]] virtual Random& random() = 0;
  [[nodiscard]] virtual const Providers& providers() const = 0;
  // nullptr in a run without one.
  [[nodiscard]] virtual sandbox::Sandbox* sandbox() = 0;
  // "sandbox .firn/sandbox.db", "AWS 123456789012 eu-west-1, Snowflake myorg-acct".
  [[nodiscard]] virtual std::string target() const = 0;
  // Checks the credentials of those providers whose types occur in the run.
  virtual void connect(const std::vector<std::string>& type_names, Diagnostics& diagnostics) = 0;
};

// The names of the sections that an environment may have.
[[nodiscard]] std::span<const std::string_view> provider_names();
// What one of them may say.
[[nodiscard]] std::span<const Word> setting_words(std::string_view section);

}  // namespace firn::cli
