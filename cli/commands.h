// One function per command; each answers the exit code. The files are command_<name>.cpp.
#pragma once

#include "cli/arguments.h"
#include "cli/console.h"

namespace firn::cli {

int run_import(const Arguments& arguments, Console& console);
int run_init(const Arguments& arguments, Console& console);
int run_validate(const Arguments& arguments, Console& console);
int run_plan(const Arguments& arguments, Console& console);
int run_apply(const Arguments& arguments, Console& console);
int run_destroy(const Arguments& arguments, Console& console);
int run_recover(const Arguments& arguments, Console& console);
int run_show(const Arguments& arguments, Console& console);
int run_output(const Arguments& arguments, Console& console);
int run_trace(const Arguments& arguments, Console& console);
int run_graph(const Arguments& arguments, Console& console);
int run_state_list(const Arguments& arguments, Console& console);
int run_state_show(const Arguments& arguments, Console& console);
int run_state_backup(const Arguments& arguments, Console& console);
int run_state_restore(const Arguments& arguments, Console& console);
int run_state_check(const Arguments& arguments, Console& console);
int run_explain(const Arguments& arguments, Console& console);
int run_schema(const Arguments& arguments, Console& console);
int run_completion(const Arguments& arguments, Console& console);
int run_sandbox_status(const Arguments& arguments, Console& console);
int run_sandbox_log(const Arguments& arguments, Console& console);
int run_sandbox_advance(const Arguments& arguments, Console& console);
int run_sandbox_reset(const Arguments& arguments, Console& console);
int run_version(const Arguments& arguments, Console& console);

}  // namespace firn::cli
