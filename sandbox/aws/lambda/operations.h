// What the files of Lambda share.
#pragma once

#include <string>

#include "sandbox/aws/call.h"
#include "sandbox/aws/lambda/state.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::lambda {

[[nodiscard]] Refusal invalid_value(std::string message);

struct Function {
  FunctionId id;
  Value document;
};
// The function of the path, with the caller's right to do `action` checked.
[[nodiscard]] Function function_for(Call& call, const std::string& name, const char* action);

// The text members of a map; others become "".
[[nodiscard]] Map string_map(const Value& value);
[[nodiscard]] Map checked_tags(Map tags);
[[nodiscard]] bool is_runtime(const std::string& name);
// A number of the request into the document when it is given; throws out of its bounds.
void put_number(Map& document, const Value& input, const char* member, const char* word,
                std::int64_t least, std::int64_t most);
// What a function shows of the layer version with this ARN; throws when there is none.
[[nodiscard]] Value layer_for_function(const Call& call, const std::string& arn);
// What FunctionEventInvokeConfig shows.
[[nodiscard]] Value shown_settings(const FunctionId& id, const Value& settings);
// nullptr: there is none, or not any more.
[[nodiscard]] const Value* find_mapping(const World& world, const std::string& account,
                                        const std::string& region, const std::string& uuid);

// Reads the members that a request gives into the document; throws.
void put_configuration(Call& call, const FunctionId& id, Map& function, const Value& input);
void put_code(Call& call, Map& function, const Value& code);
void put_image(const Call& call, const FunctionId& id, Map& function, const Value& code);
[[nodiscard]] bool is_image(const Value& function);
void check_members(const Value& input, std::initializer_list<std::string_view> known,
                   const char* operation);
// What GetFunctionConfiguration answers. Lists leave the states out.
[[nodiscard]] Map shown_configuration(const World& world, const Value& function, bool with_states);
// Throws while a creation or an update is under way, or when RevisionId is not the present one.
void check_changeable(const World& world, const Function& function, const Value& input);
// Marks a change that takes a while.
void start_change(const World& world, Map& function, const char* change);

RestOutput create_function(Call&, const RestInput&);
RestOutput get_function(Call&, const RestInput&);
RestOutput get_function_configuration(Call&, const RestInput&);
RestOutput update_function_configuration(Call&, const RestInput&);
RestOutput update_function_code(Call&, const RestInput&);
RestOutput delete_function(Call&, const RestInput&);
RestOutput list_functions(Call&, const RestInput&);
RestOutput list_versions_by_function(Call&, const RestInput&);
RestOutput put_concurrency(Call&, const RestInput&);
RestOutput get_concurrency(Call&, const RestInput&);
RestOutput delete_concurrency(Call&, const RestInput&);
RestOutput list_tags(Call&, const RestInput&);
RestOutput tag_resource(Call&, const RestInput&);
RestOutput untag_resource(Call&, const RestInput&);
RestOutput add_permission(Call&, const RestInput&);
RestOutput get_policy(Call&, const RestInput&);
RestOutput remove_permission(Call&, const RestInput&);
RestOutput put_invoke_config(Call&, const RestInput&);
RestOutput update_invoke_config(Call&, const RestInput&);
RestOutput get_invoke_config(Call&, const RestInput&);
RestOutput delete_invoke_config(Call&, const RestInput&);
RestOutput create_mapping(Call&, const RestInput&);
RestOutput get_mapping(Call&, const RestInput&);
RestOutput update_mapping(Call&, const RestInput&);
RestOutput delete_mapping(Call&, const RestInput&);
RestOutput list_mappings(Call&, const RestInput&);
RestOutput publish_layer(Call&, const RestInput&);
RestOutput get_layer_version(Call&, const RestInput&);
RestOutput delete_layer_version(Call&, const RestInput&);
RestOutput list_layer_versions(Call&, const RestInput&);
RestOutput list_layers(Call&, const RestInput&);

}  // namespace firn::sandbox::aws::lambda
