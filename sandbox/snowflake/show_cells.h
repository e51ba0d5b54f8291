// Cells that the listings of many kinds share.
#pragma once

#include "sandbox/snowflake/show_kinds.h"

namespace firn::sandbox::snowflake {

inline Cell yes_no(bool value) {
  return value ? "Y" : "N";
}
inline Cell true_false(bool value) {
  return value ? "true" : "false";
}
inline Cell on_off(bool value) {
  return value ? "ON" : "OFF";
}

// Columns that many kinds share.
inline Cell created(const Context&, const Object& o) {
  return timestamp_cell(o.created);
}
inline Cell name(const Context&, const Object& o) {
  return o.name;
}
inline Cell comment(const Context&, const Object& o) {
  return o.text("comment");
}
inline Cell owner(const Context& c, const Object& o) {
  return c.catalog.role_name(o.owner).name;
}
inline Cell owner_type(const Context& c, const Object& o) {
  return c.catalog.role_name(o.owner).type;
}
inline Cell database_name(const Context& c, const Object& o) {
  const auto path = c.catalog.path(o);
  return path.size() > 1 ? Cell(path[0]) : Cell("");
}
inline Cell schema_name(const Context& c, const Object& o) {
  const auto path = c.catalog.path(o);
  return path.size() > 2 ? Cell(path[1]) : Cell("");
}
inline Cell empty(const Context&, const Object&) {
  return "";
}
inline Cell null(const Context&, const Object&) {
  return std::nullopt;
}
inline Cell null_text(const Context&, const Object&) {
  return "null";
}
inline Cell zero(const Context&, const Object&) {
  return "0";
}
inline Cell no(const Context&, const Object&) {
  return "N";
}

inline constexpr const char* stamp = "timestamp_ltz";
inline constexpr const char* fixed = "fixed";

}  // namespace firn::sandbox::snowflake
