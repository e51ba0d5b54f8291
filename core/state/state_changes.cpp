#include "core/state/state_changes.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/state/tombstones.h"

namespace firn::change {
namespace {

struct Applier {
  State& state;

  // Their numbers rise (S11).
  [[nodiscard]] std::deque<Intent>::iterator intent(std::int64_t id) const {
    const auto found = std::ranges::lower_bound(state.open_intents, id, {}, &Intent::id);
    const bool is_open = found != state.open_intents.end() && found->id == id;
    return is_open ? found : state.open_intents.end();
  }

  void operator()(BeginIntent& begin) { state.open_intents.push_back(std::move(begin.intent)); }
  void operator()(RecordIdentity& record) {
    const auto open = intent(record.intent);
    if (open != state.open_intents.end()) open->outputs = std::move(record.outputs);
  }
  void operator()(const CloseIntent& close) {
    const auto open = intent(close.intent);
    if (open != state.open_intents.end()) state.open_intents.erase(open);
  }
  void operator()(PutResource& put) {
    std::erase_if(state.tombstones, [&put](const Tombstone& tombstone) {
      return is_name_of(put.resource, tombstone);
    });
    std::string address = put.resource.record.address;
    state.resources.insert_or_assign(std::move(address), std::move(put.resource));
  }
  void operator()(const RemoveResource& remove) { state.resources.erase(remove.address); }
  void operator()(const CloseIntentsOf& close) {
    std::erase_if(state.open_intents,
                  [&close](const Intent& open) { return open.address == close.address; });
  }
  void operator()(const MoveResource& move) {
    auto node = state.resources.extract(move.from);
    if (!node.empty()) {
      node.key() = move.to;
      node.mapped().record.address = move.to;
      state.resources.erase(move.to);
      state.resources.insert(std::move(node));
    }
    const auto rename = [&move](std::vector<std::string>& dependencies) {
      const auto found = std::find(dependencies.begin(), dependencies.end(), move.from);
      if (found == dependencies.end()) return;
      *found = move.to;
      std::sort(dependencies.begin(), dependencies.end());
    };
    for (auto& [address, resource] : state.resources)
      rename(resource.dependencies);
    for (Intent& open : state.open_intents) {
      rename(open.dependencies);
      if (open.address == move.from) open.address = move.to;
    }
  }
  void operator()(const DropDependencies& drop) {
    for (auto& [address, resource] : state.resources)
      std::erase(resource.dependencies, drop.address);
    for (Intent& open : state.open_intents)
      std::erase(open.dependencies, drop.address);
  }
  void operator()(SetOutputs& set) { state.outputs = std::move(set.outputs); }
  void operator()(AddTombstone& add) {
    std::erase_if(state.tombstones, [&add](const Tombstone& tombstone) {
      return tombstone.type == add.tombstone.type && tombstone.name == add.tombstone.name &&
             tombstone.place == add.tombstone.place;
    });
    state.tombstones.push_back(std::move(add.tombstone));
    std::sort(state.tombstones.begin(), state.tombstones.end(),
              [](const Tombstone& a, const Tombstone& b) {
                return std::tie(a.type, a.name, a.place) < std::tie(b.type, b.name, b.place);
              });
  }
  void operator()(const DropTombstones& drop) {
    std::erase_if(state.tombstones,
                  [&drop](const Tombstone& tombstone) { return tombstone.until <= drop.until; });
  }
  void operator()(const RaiseSerial&) { ++state.serial; }
  void operator()(ReplaceAll& replace) { state = std::move(replace.state); }
  void operator()(const BeginRun&) {}
  void operator()(const FinishRun&) {}
};

}  // namespace

void apply(State& state, Change change) {
  std::visit(Applier{state}, change);
}

}  // namespace firn::change
