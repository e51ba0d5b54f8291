// firn: the command line. Each command is a function in command_<name>.cpp.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <functional>
#include <iostream>
#include <optional>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "core/base/text.h"

#include "firn_version.h"

namespace firn::cli {
namespace {

using Command = std::function<int(const Arguments&, Console&)>;

std::vector<std::string_view> command_names(const CLI::App& app) {
  std::vector<std::string_view> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      flags.push_back("--" + name);
  }
  return flags;
}

// What is wrong with the command line, said of the command that was meant.
Diagnostic explain(const CLI::App& app, const CLI::ParseError& problem) {
  const CLI::App* command = &app;
  std::string line = "firn";
  for (auto parsed = command->get_subcommands(); !parsed.empty();
       parsed = command->get_subcommands()) {
    command = parsed.front();
    line += " " + command->get_name();
  }
  Diagnostic diagnostic;
  diagnostic.remedy = fmt::format("`{} --help` shows what it takes", line);
  const auto commands = command_names(*command);
  std::optional<std::string> extra;
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with("-")) {
      const std::string flag = word.substr(0, word.find('='));
      diagnostic.summary = fmt::format("{} has no flag {}", line, flag);
      const std::vector<std::string> flags = flags_of(*command);
      const std::vector<std::string_view> names(flags.begin(), flags.end());
      if (const auto near = nearest(flag, names)) {
        diagnostic.remedy = fmt::format("did you mean {}?", *near);
      }
      return diagnostic;
    }
    if (!extra) extra = word;
  }
  if (!commands.empty()) {
    diagnostic.summary = extra
                             ? fmt::format("{} has no command \"{}\"", line, *extra)
                             : fmt::format("{} needs one of: {}", line, fmt::join(commands, ", "));
    if (extra) diagnostic.remedy = suggestion(*extra, commands);
    return diagnostic;
  }
  if (extra) {
    diagnostic.summary = fmt::format("{} has no use for \"{}\"", line, *extra);
    return diagnostic;
  }
  diagnostic.summary = problem.what();
  if (problem.get_name() == "ArgumentMismatch") {
    diagnostic.summary =
        diagnostic.summary.substr(0, diagnostic.summary.find(':')) + " needs a value";
  }
  if (problem.get_name() != "RequiredError") return diagnostic;
  for (const CLI::Option* option : command->get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    diagnostic.summary = fmt::format("{} needs its {}", line, option->get_name());
    diagnostic.detail = option->get_description() + ".";
  }
  return diagnostic;
}

class CommandLine {
 public:
  CommandLine() : app_("firn provisions the road from Amazon S3 to a Snowflake table.", "firn") {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_help_all_flag("--help-all", "Show the help of every command");
    app_.add_flag_callback(
        "--no-color,--no-colour", [this] { arguments_.colour = false; },
        "No colour (also: NO_COLOR)");
    app_.footer(
        "Start with `firn init`, or look at an example:\n"
        "  firn plan finance --env local\n\n"
        "Exit codes: 0 done, 1 error, 2 there are changes (plan --detailed-exitcode), 130 "
        "interrupted.");
    add_commands();
  }

  int run(int argc, char** argv) {
    for (int i = 1; i < argc; ++i)
      arguments_.words.emplace_back(argv[i]);
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help
      return app_.exit(success);
    } catch (const CLI::ParseError& problem) {
      if (argc <= 1) {
        std::cout << app_.help();
        return kExitError;
      }
      Diagnostics diagnostics;
      diagnostics.add(explain(app_, problem));
      Console(arguments_.colour).show(diagnostics);
      return kExitError;
    }
    leave_on_signals();
    Console console(arguments_.colour);
    return command_(arguments_, console);
  }

 private:
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& about,
                Command command) {
    CLI::App* sub = parent.add_subcommand(name, about);
    sub->callback([this, command = std::move(command)] { command_ = command; });
    return sub;
  }

  void add_stack(CLI::App* sub,
                 const char* about = "Stack: a name below stacks/, a folder, or a file") {
    sub->add_option("stack", arguments_.stack, about)->required();
    add_place(sub);
  }

  void add_place(CLI::App* sub) {
    sub->add_option("-e,--env", arguments_.environment, "Environment: a name below environments/")
        ->capture_default_str();
    sub->add_option("--sandbox", arguments_.sandbox,
                    "Run against a local sandbox in place of the clouds; FILE keeps it")
        ->expected(0, 1)
        ->type_name("[FILE]");
    sub->add_option("--state", arguments_.state_path, "State file, in place of the usual one");
    sub->add_option("--profile", arguments_.profile, "Profile of the AWS configuration");
    sub->add_option("--connection", arguments_.connection, "Connection of connections.toml");
    sub->add_option("--set", arguments_.parameters, "NAME=VALUE: a parameter of the stack")
        ->allow_extra_args(false);
  }

  void add_plan_flags(CLI::App* sub) {
    sub->add_option("--only", arguments_.only, "Only this address, and what it needs (repeatable)")
        ->allow_extra_args(false);
    add_refresh(sub);
    add_json(sub);
  }

  void add_refresh(CLI::App* sub) {
    sub->add_flag_callback(
        "--no-refresh", [this] { arguments_.refresh = false; },
        "Trust the state; do not look at the clouds");
  }

  void add_json(CLI::App* sub) { sub->add_flag("--json", arguments_.json, "JSON for programs"); }

  void add_commands() {
    auto* init = add(app_, "init", "Start a project in this folder", run_init);
    init->add_option("stack", arguments_.stack, "Name of the first stack")->capture_default_str();

    auto* validate =
        add(app_, "validate", "Check stack and environment; no cloud is asked", run_validate);
    add_stack(validate);
    add_json(validate);

    auto* plan = add(app_, "plan", "Show what apply would do", run_plan);
    add_stack(plan);
    add_plan_flags(plan);
    plan->add_option("-o,--out", arguments_.out_file, "Save the plan for `firn apply FILE`");
    plan->add_flag("--detailed-exitcode", arguments_.detailed_exit_code,
                   "Exit with 2 when there is something to do");
    plan->add_flag_callback(
        "--destroy", [this] { arguments_.text = "destroy"; }, "Plan to remove everything");

    auto* apply = add(app_, "apply", "Make the clouds match the stack", run_apply);
    add_stack(apply, "Stack, or a plan saved by `plan --out`");
    add_plan_flags(apply);
    add_consent(apply);
    apply
        ->add_option("--accept-loss", arguments_.accepted_losses,
                     "Agree to the loss of data in this object (repeatable)")
        ->allow_extra_args(false);

    auto* destroy = add(app_, "destroy", "Remove everything that the state holds", run_destroy);
    add_stack(destroy);
    add_plan_flags(destroy);
    add_consent(destroy);

    auto* import = add(app_, "import", "Take an object that exists into the state", run_import);
    add_stack(import);
    import->add_option("address", arguments_.subject, "Address of the object in the stack")
        ->required();
    import->add_option("name", arguments_.name,
                       "Its name in the cloud, where the stack gives it another one; or an id, of "
                       "what has no name (see firn explain TYPE)");
    add_consent(import);
    add_json(import);
    auto* recover = add(app_, "recover", "Settle what an earlier run left open; apply does it, too",
                        run_recover);
    add_stack(recover);

    auto* show =
        add(app_, "show", "Show the objects of the stack as the state knows them", run_show);
    add_stack(show);
    add_json(show);

    auto* output = add(app_, "output", "Print the stack's outputs", run_output);
    add_stack(output);
    output->add_option("name", arguments_.subject, "Only this one, bare");
    add_json(output);

    auto* trace =
        add(app_, "trace", "Prove that objects get from the bucket into the table", run_trace);
    add_stack(trace);
    trace->add_option("road", arguments_.subject, "Only this pipe or external table, by address");
    trace->add_option("--object", arguments_.object,
                      "What becomes of this object: s3://bucket/key");
    add_refresh(trace);
    add_json(trace);

    auto* graph = add(app_, "graph", "Draw the objects and what needs what", run_graph);
    add_stack(graph);
    graph->add_option("--format", arguments_.format, "mermaid, svg or html")
        ->check(CLI::IsMember({"mermaid", "svg", "html"}))
        ->default_val("mermaid");
    graph->add_option("-o,--out", arguments_.out_file, "Write to FILE");

    auto* state = app_.add_subcommand("state", "Look into the state, keep copies of it");
    state->require_subcommand(1);
    auto* list = add(*state, "list", "List the addresses", run_state_list);
    add_stack(list);
    add_json(list);
    auto* state_show = add(*state, "show", "Show one object", run_state_show);
    add_stack(state_show);
    state_show->add_option("address", arguments_.subject, "Address of the object")->required();
    add_json(state_show);
    auto* check = add(*state, "check", "Check that the state is sound", run_state_check);
    add_stack(check);
    add_json(check);
    auto* backup = add(*state, "backup", "Keep a copy, also while a run writes", run_state_backup);
    add_stack(backup);
    backup->add_option("file", arguments_.out_file, "The copy; beside the state otherwise");
    auto* restore = add(*state, "restore", "Go back to a copy", run_state_restore);
    add_stack(restore);
    restore->add_option("file", arguments_.out_file, "The copy")->required();
    add_consent(restore);

    auto* explain = add(app_, "explain", "Explain a resource type, or list them", run_explain);
    explain->add_option("subject", arguments_.subject,
                        "aws.sqs_queue, aws.sqs_queue.redrive, functions; nothing lists the types");
    add_json(explain);
    explain->add_flag("--markdown", arguments_.markdown, "The reference page");

    auto* schema =
        add(app_, "schema", "Print the JSON Schema by which editors check files", run_schema);
    schema
        ->add_option("kind", arguments_.subject,
                     "stack, environment or component; nothing makes one schema for all of them")
        ->check(CLI::IsMember({"stack", "environment", "component"}));
    schema->add_option("-o,--out", arguments_.out_file, "Write to FILE");

    auto* completion = add(app_, "completion", "Print a completion script", run_completion);
    completion->add_option("shell", arguments_.subject, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));

    auto* sandbox = app_.add_subcommand("sandbox", "Look into the local sandbox");
    sandbox->require_subcommand(1);
    add_sandbox(*sandbox, "status", "What is in it", run_sandbox_status);
    add_sandbox(*sandbox, "log", "The requests it has answered", run_sandbox_log);
    auto* advance = add_sandbox(*sandbox, "advance", "Move its clock", run_sandbox_advance);
    advance->add_option("duration", arguments_.subject, "For example 30s, 5m, 73h, 2d")->required();
    add_sandbox(*sandbox, "reset", "Empty it", run_sandbox_reset);

    auto* version = add(app_, "version", "Print the version", run_version);
    add_json(version);
    app_.set_version_flag("--version", fmt::format("firn {}", firn::version));
  }

  CLI::App* add_sandbox(CLI::App& parent, const std::string& name, const std::string& about,
                        Command command) {
    CLI::App* sub = add(parent, name, about, std::move(command));
    sub->add_option("--sandbox", arguments_.sandbox, "Its file; the project's own otherwise");
    add_json(sub);
    return sub;
  }

  void add_consent(CLI::App* sub) {
    sub->add_flag("-y,--yes", arguments_.yes, "Go on without asking");
  }

  CLI::App app_;
  Arguments arguments_;
  Command command_;
};

}  // namespace
}  // namespace firn::cli

int main(int argc, char** argv) {
  firn::cli::CommandLine line;
  return line.run(argc, argv);
}
