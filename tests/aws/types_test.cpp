// Every type's table is sound.
#include "providers/aws/types.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

TEST(AwsTypes, AreSortedByName) {
  const auto types = all_types();
  EXPECT_TRUE(std::is_sorted(types.begin(), types.end(), [](const AwsType* a, const AwsType* b) {
    return a->type->name < b->type->name;
  }));
}

TEST(AwsTypes, HaveSoundTables) {
  for (const AwsType* type : all_types()) {
    const std::vector<std::string> complaints = check_table(*type->type);
    EXPECT_TRUE(complaints.empty()) << type->type->name << ": " << join(complaints, "; ");
  }
}

TEST(AwsTypes, SayByWhatTheyAreImported) {
  for (const AwsType* type : all_types()) {
    const ResourceType& table = *type->type;
    const bool is_nameless = table.name_rule.form == NameForm::none && !table.is_lookup;
    EXPECT_EQ(is_nameless, !table.import_by.empty() || !table.import_id.empty()) << table.name;
  }
}

TEST(AwsTypes, CanDoEverything) {
  for (const AwsType* type : all_types()) {
    EXPECT_EQ(find_type(type->type->name), type);
    EXPECT_EQ(type->look_up != nullptr, type->type->is_lookup) << type->type->name;
    if (type->type->is_lookup) continue;
    EXPECT_NE(type->read, nullptr) << type->type->name;
    EXPECT_NE(type->create, nullptr) << type->type->name;
    EXPECT_NE(type->update, nullptr) << type->type->name;
    EXPECT_NE(type->remove, nullptr) << type->type->name;
  }
  EXPECT_EQ(find_type("aws.nothing"), nullptr);
}

TEST(AwsTypes, NormalizeToAFixedPoint) {
  for (const AwsType* type : all_types()) {
    if (type->type->normalize == nullptr) continue;
    const Value once = type->type->normalize(Value(Map()));
    EXPECT_EQ(type->type->normalize(once), once) << type->type->name;
  }
}

TEST(AwsTypes, PredictOnlyWhatTheyDeclare) {
  Placement placement;
  placement.account = "123456789012";
  placement.region = "eu-west-1";
  for (const AwsType* type : all_types()) {
    if (type->type->predict == nullptr) continue;
    const Map outputs = type->type->predict(placement, "some-name", Value(Map()));
    for (const auto& [name, value] : outputs) {
      const Attribute* row = find_attribute(*type->type, name);
      ASSERT_NE(row, nullptr) << type->type->name << "." << name;
      EXPECT_TRUE(row->computed && row->predictable) << type->type->name << "." << name;
    }
  }
}

}  // namespace
}  // namespace firn::aws
