// GRANT, REVOKE, SHOW GRANTS.
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

Grantee Parser::grantee(bool bare_is_role) {
  Grantee grantee;
  if (accept("DATABASE ROLE")) {
    grantee.kind = Kind::database_role;
  } else if (accept("ROLE")) {
    grantee.kind = Kind::role;
  } else if (accept("USER")) {
    grantee.kind = Kind::user;
  } else if (at("SHARE") || at("APPLICATION")) {
    unknown();
  } else if (!bare_is_role) {
    unexpected();
  }
  grantee.name = name();
  return grantee;
}

GrantTarget Parser::grant_target() {
  GrantTarget target;
  if (accept("ACCOUNT")) {
    target.kind = GrantTarget::Kind::account;
    target.object_kind = Kind::account;
    return target;
  }
  if (at("ALL") || at("FUTURE")) {
    target.kind = accept("ALL") ? GrantTarget::Kind::all : GrantTarget::Kind::future;
    accept("FUTURE");
    kind_words(true, target.object_kind);
    expect("IN");
    target.scope_kind = accept("DATABASE") ? Kind::database : Kind::schema;
    if (target.scope_kind == Kind::schema) expect("SCHEMA");
    target.scope = name();
    return target;
  }
  kind_words(false, target.object_kind);
  target.name = object_name(target.object_kind);
  return target;
}

Statement Parser::grant(bool revoke) {
  Grant grant;
  grant.revoke = revoke;
  const auto* preposition = revoke ? "FROM" : "TO";
  if (revoke) grant.grant_option_only = accept("GRANT OPTION FOR");
  if (at("ROLE") || at("DATABASE ROLE")) {
    grant.membership = grantee(false);
    expect(preposition);
    grant.to = grantee(false);
    return grant;
  }
  do {
    std::string privilege;
    while (!at("ON") && !at_symbol(",")) {
      if (peek().kind != Token::Kind::word) unexpected();
      if (!privilege.empty()) privilege += ' ';
      privilege += take().text;
    }
    if (privilege.empty()) unexpected();
    grant.privileges.push_back(privilege == "ALL" ? "ALL PRIVILEGES" : std::move(privilege));
  } while (accept_symbol(","));
  expect("ON");
  grant.on = grant_target();
  expect(preposition);
  grant.to = grantee(true);
  if (accept("WITH GRANT OPTION")) grant.with_grant_option = true;
  if (accept("COPY CURRENT GRANTS")) grant.current_grants = "COPY";
  if (accept("REVOKE CURRENT GRANTS")) grant.current_grants = "REVOKE";
  if (revoke && accept("CASCADE")) grant.cascade = true;
  if (revoke) accept("RESTRICT");
  return grant;
}

Statement Parser::show_grants(bool future) {
  ShowGrants show;
  using Form = ShowGrants::Form;
  if (future) {
    if (accept("IN")) {
      show.form = Form::future_in;
      show.on.object_kind = accept("DATABASE") ? Kind::database : Kind::schema;
      if (show.on.object_kind == Kind::schema) expect("SCHEMA");
      show.on.name = name();
    } else {
      expect("TO");
      show.form = Form::future_to;
      show.subject = grantee(false);
    }
  } else if (accept("ON")) {
    show.form = Form::on;
    show.on = grant_target();
    if (show.on.kind == GrantTarget::Kind::all || show.on.kind == GrantTarget::Kind::future) {
      unknown();
    }
  } else if (accept("TO")) {
    show.form = Form::to;
    show.subject = grantee(false);
  } else if (accept("OF")) {
    show.form = Form::of;
    show.subject = grantee(false);
  }
  if (accept("LIMIT")) show.limit = integer();
  return show;
}

}  // namespace firn::sandbox::snowflake
