// System and context functions.
// Source: Snowflake documentation, "CURRENT_REGION", "SYSTEM$GET_AWS_SNS_IAM_POLICY",
// "SYSTEM$VALIDATE_STORAGE_INTEGRATION", "SYSTEM$PIPE_STATUS", "GET_DDL".
#include <fmt/core.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/grants.h"
#include "sandbox/snowflake/integration.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/select.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/table.h"
#include "sandbox/snowflake/task.h"

namespace firn::sandbox::snowflake {
namespace {

std::string argument(const Expression& call, std::size_t index) {
  if (index >= call.operands.size() || call.operands[index].kind != Expression::Kind::string) {
    refuse("001044", "42P13",
           fmt::format("error: invalid argument types for function '{}'", call.text));
  }
  return call.operands[index].text;
}

Cell or_null(const std::string& text) {
  return text.empty() ? std::nullopt : Cell(text);
}

std::string sns_policy(const Context& context, const std::string& topic) {
  const auto parts = split(topic, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "sns") {
    refuse("001422", "22023", fmt::format("Invalid SNS topic ARN: '{}'", topic));
  }
  const Map statement{
      {"Sid", "1"},
      {"Effect", "Allow"},
      {"Principal", Map{{"AWS", context.catalog.about().string_or("sns_user_arn", "")}}},
      {"Action", List{"sns:Subscribe"}},
      {"Resource", List{topic}}};
  return to_json(Map{{"Version", "2012-10-17"}, {"Statement", List{statement}}});
}

std::string table_ddl(const Object& table) {
  std::string columns;
  for (const auto& column : columns_of(table)) {
    columns += fmt::format("{}\n\t{} {}", columns.empty() ? "" : ",", printed(column.name),
                           canonical(column.type));
    if (!column.nullable) columns += " NOT NULL";
    if (column.default_sql) columns += " DEFAULT " + *column.default_sql;
    if (column.comment) columns += " COMMENT " + literal(*column.comment);
  }
  auto ddl = fmt::format("create or replace {}TABLE {} ({}\n)",
                         table.flag("transient") ? "TRANSIENT " : "", printed(table.name), columns);
  if (!table.text("comment").empty()) ddl += "COMMENT=" + literal(table.text("comment")) + "\n";
  return ddl + ";";
}

std::string pipe_ddl(const Object& pipe) {
  auto ddl = fmt::format("create or replace pipe {} auto_ingest={}", printed(pipe.name),
                         pipe.flag("auto_ingest") ? "true" : "false");
  if (!pipe.text("aws_sns_topic").empty()) {
    ddl += " aws_sns_topic=" + literal(pipe.text("aws_sns_topic"));
  }
  if (!pipe.text("comment").empty()) ddl += " COMMENT=" + literal(pipe.text("comment"));
  return ddl + " as " + pipe.text("definition") + ";";
}

std::string get_ddl(const Context& context, const std::string& kind_text, const std::string& name) {
  const auto path = parse_path(name);
  const auto kind = to_upper(kind_text);
  if (path.empty()) refuse_missing("Object", name);
  if (kind == "TABLE") return table_ddl(need(context, Kind::table, path));
  if (kind == "VIEW") {
    auto text = need(context, Kind::view, path).text("text");
    return text.ends_with(';') ? text : text + ";";
  }
  if (kind == "PIPE") return pipe_ddl(need(context, Kind::pipe, path));
  refuse_unknown(fmt::format("GET_DDL('{}', …)", kind_text));
}

}  // namespace

Cell call_function(Context& context, const Expression& call) {
  const auto& name = call.text;
  const Value about = context.catalog.about();
  if (name == "CURRENT_ACCOUNT") return about.string_or("locator", "");
  if (name == "CURRENT_ACCOUNT_NAME") return about.string_or("account_name", "");
  if (name == "CURRENT_ORGANIZATION_NAME") return about.string_or("organization", "");
  if (name == "CURRENT_REGION") {
    return "AWS_" + to_upper(replace_all(about.string_or("region", ""), "-", "_"));
  }
  if (name == "CURRENT_USER") return context.session.user;
  if (name == "CURRENT_ROLE") return or_null(context.session.role);
  if (name == "CURRENT_DATABASE") return or_null(context.session.database);
  if (name == "CURRENT_SCHEMA") return or_null(context.session.schema);
  if (name == "CURRENT_WAREHOUSE") return or_null(context.session.warehouse);
  if (name == "CURRENT_VERSION") return "9.30.0 firn-sandbox";
  if (name == "CURRENT_TIMESTAMP") return format_iso_ms(context.now);
  if (name == "SYSTEM$GET_AWS_SNS_IAM_POLICY") return sns_policy(context, argument(call, 0));
  if (name == "SYSTEM$TASK_DEPENDENTS_ENABLE") {
    return enable_dependents(context, argument(call, 0));
  }
  if (name == "SYSTEM$PIPE_STATUS") return pipe_status(context, argument(call, 0));
  if (name == "SYSTEM$PIPE_FORCE_RESUME") {
    return force_resume(context, argument(call, 0),
                        call.operands.size() > 1 ? argument(call, 1) : "");
  }
  if (name == "SYSTEM$VALIDATE_STORAGE_INTEGRATION") {
    return validate_integration(context, argument(call, 0), argument(call, 1), argument(call, 2),
                                argument(call, 3));
  }
  if (name == "SYSTEM$GET_LOGIN_FAILURE_DETAILS") {
    const Value* entry =
        context.catalog.store().get(context.catalog.collection("login_failure"), argument(call, 0));
    if (entry == nullptr) return std::nullopt;
    return to_json(*entry);
  }
  if (name == "GET_DDL") return get_ddl(context, argument(call, 0), argument(call, 1));
  refuse_unknown(fmt::format("SELECT {}(…)", name));
}

}  // namespace firn::sandbox::snowflake
