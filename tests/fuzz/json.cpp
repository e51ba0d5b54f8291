// JSON: plain, in the dialect of state files, and by the quick reader of a state's rows.
#include "core/value/json.h"

#include "core/state/state.h"
#include "core/state/stored_value.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {

void try_input(std::string_view input) {
  const Result<Value> plain = parse_json(input);
  if (plain) {
    require_stable_json(*plain);
  } else {
    require_told(plain.error());
  }

  const Result<Value> stored = parse_state_json(input);
  ValueReader reader;
  const Result<Value> quick = reader.read(input);
  require(input.empty() || quick.has_value() == stored.has_value(),
          "the quick reader takes what the careful one takes", input);
  if (!stored) {
    require_told(stored.error());
    return;
  }
  require(*quick == *stored, "the quick reader reads the same", input);
  const Result<Value> shared = reader.read_shared(input);
  require(shared.has_value() && *shared == *stored, "shared values are the same", input);
  const std::string text = to_state_json(*stored);
  const Result<Value> again = parse_state_json(text);
  require(again.has_value() && to_state_json(*again) == text, "a state reads as it is written",
          text);
  require(sealed("key", *stored) == *stored, "what is sealed stays as it is", text);
}

}  // namespace firn::fuzz
