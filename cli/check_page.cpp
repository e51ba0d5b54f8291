#include "cli/check_page.h"

#include <fmt/format.h>

namespace firn::cli {
namespace {

constexpr std::string_view page_head = R"(# Checks

<!-- Written by scripts/reference.sh from road/. Change the check, not this page. -->

What `firn plan` and `firn trace` know to go wrong although every cloud would take it. An error refuses the plan;
a warning is told. A comment takes either back, and the plan shows its reason:

```yaml
# firn: allow FIRN103 because the rest of the path is loaded by hand
files:
  type: aws.s3_notification
```

It covers what begins on the next line (or, behind something, on its own line) with all that is below it; above
the use of a component, the component's objects. `firn explain FIRN103` shows one check.

| code | | what is wrong |
| --- | --- | --- |
)";

std::string_view severity_word(const Check& check) {
  return check.severity == Severity::error ? "error" : "warning";
}

}  // namespace

std::string check_text(const Check& check) {
  return fmt::format(
      "{} ({}): {}\n\nCause:       {}\nConsequence: {}\nMend:        {}\n\nWhere it may be so: # "
      "firn: allow {} because …\n",
      check.code, severity_word(check), check.title, check.cause, check.consequence, check.mend,
      check.code);
}

std::string check_page(std::span<const Check* const> checks) {
  std::string page(page_head);
  for (const Check* check : checks) {
    page += fmt::format("| [{0}](#{1}) | {2} | {3} |\n", check->code,
                        fmt::format("firn{}", check->code.substr(4)), severity_word(*check),
                        check->title);
  }
  for (const Check* check : checks) {
    page += fmt::format(
        "\n## {}\n\n{}. ({})\n\n- **Cause**: {}\n- **Consequence**: {}\n- **Mend**: {}\n",
        check->code, check->title, severity_word(*check), check->cause, check->consequence,
        check->mend);
  }
  return page;
}

}  // namespace firn::cli
