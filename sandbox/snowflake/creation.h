// What every CREATE, ALTER and DROP has in common.
#pragma once

#include <optional>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

// A new object on its way: privileges checked, the name free (or to be replaced).
struct Creation {
  Object object;                           // kind, parent, name, owner, created; not stored
  std::optional<Object> replaced;          // by OR REPLACE
  std::optional<ResultSet> already_there;  // IF NOT EXISTS met an object: answer this
};
// Throws 002002, 003041 or 001998 when the name is taken, 003001 without the CREATE privilege.
[[nodiscard]] Creation begin(const Context& context, const Create& create);
// Drops what is replaced, stores the object, applies future grants, answers the status row.
[[nodiscard]] ResultSet finish(Context& context, const Create& create, Creation& creation);

// The object of an ALTER; nothing when IF EXISTS meets none (the statement has then succeeded).
[[nodiscard]] std::optional<Object> alter_target(const Context& context, const Alter& alter);
[[nodiscard]] ResultSet rename(Context& context, const Alter& alter, Object object);
[[nodiscard]] ResultSet drop(Context& context, const Drop& drop);
[[nodiscard]] ResultSet comment_on(Context& context, const CommentOn& comment);

[[nodiscard]] ResultSet done();  // "Statement executed successfully."

}  // namespace firn::sandbox::snowflake
