// completion: scripts for the shells.
#include <fmt/format.h>

#include "cli/commands.h"

namespace firn::cli {
namespace {

constexpr std::string_view kCommands =
    "init validate plan apply destroy recover import show output trace graph state explain schema "
    "completion "
    "sandbox "
    "version";

}  // namespace

int run_completion(const Arguments& arguments, Console& console) {
  if (arguments.subject == "bash") {
    console.out(fmt::format(R"sh(# firn completion for bash:  source <(firn completion bash)
_firn() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  case "$before" in
    -e|--env) COMPREPLY=($(compgen -W "$(ls environments 2>/dev/null | sed -n 's/\.yaml$//p')" -- "$word")); return ;;
    explain) COMPREPLY=($(compgen -W "$(firn explain 2>/dev/null | awk '/^[a-z]+\./ {{print $1}}') functions checks" -- "$word")); return ;;
    validate|plan|apply|destroy|recover|import|show|output|trace|graph) COMPREPLY=($(compgen -W "$(ls -d stacks/*/stack.yaml 2>/dev/null | cut -d/ -f2)" -- "$word") $(compgen -f -- "$word")); return ;;
    state) COMPREPLY=($(compgen -W "list show check backup restore" -- "$word")); return ;;
    sandbox) COMPREPLY=($(compgen -W "status log advance reset" -- "$word")); return ;;
    schema) COMPREPLY=($(compgen -W "stack environment component" -- "$word")); return ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return ;;
  esac
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "{}" -- "$word"))
  else
    COMPREPLY=($(compgen -W "--env --sandbox --state --only --yes --json --out --no-refresh --accept-loss --detailed-exitcode --help" -- "$word"))
  fi
}}
complete -F _firn firn
)sh",
                            kCommands));
  } else if (arguments.subject == "zsh") {
    console.out(fmt::format(R"sh(#compdef firn
# firn completion for zsh:  firn completion zsh > "${{fpath[1]}}/_firn"
_firn() {{
  local -a environments stacks
  environments=(${{(f)"$(ls environments 2>/dev/null | sed -n 's/\.yaml$//p')"}})
  stacks=(${{(f)"$(ls -d stacks/*/stack.yaml 2>/dev/null | cut -d/ -f2)"}})
  if (( CURRENT == 2 )); then
    compadd {}
  elif [[ $words[CURRENT-1] == (-e|--env) ]]; then
    compadd -a environments
  elif [[ $words[2] == explain ]]; then
    compadd functions checks $(firn explain 2>/dev/null | awk '/^[a-z]+\./ {{print $1}}')
  elif [[ $words[2] == schema && CURRENT -eq 3 ]]; then
    compadd stack environment component
  elif [[ $words[2] == state && CURRENT -eq 3 ]]; then
    compadd list show check backup restore
  elif [[ $words[2] == sandbox && CURRENT -eq 3 ]]; then
    compadd status log advance reset
  elif [[ $PREFIX == -* ]]; then
    compadd -- --env --sandbox --state --only --yes --json --out --no-refresh --accept-loss --detailed-exitcode --help
  else
    compadd -a stacks
    _files
  fi
}}
_firn "$@"
)sh",
                            kCommands));
  } else {
    console.out(fmt::format(
        R"sh(# firn completion for fish:  firn completion fish > ~/.config/fish/completions/firn.fish
complete -c firn -f -n __fish_use_subcommand -a "{}"
complete -c firn -f -n "__fish_seen_subcommand_from validate plan apply destroy recover import show output trace graph" -a "(ls -d stacks/*/stack.yaml 2>/dev/null | cut -d/ -f2)"
complete -c firn -f -n "__fish_seen_subcommand_from state" -a "list show check backup restore"
complete -c firn -f -n "__fish_seen_subcommand_from sandbox" -a "status log advance reset"
complete -c firn -f -n "__fish_seen_subcommand_from schema" -a "stack environment component"
complete -c firn -f -n "__fish_seen_subcommand_from explain" -a "functions checks (firn explain 2>/dev/null | string match -r '^[a-z]+\.[a-z_0-9]+')"
complete -c firn -f -s e -l env -xa "(ls environments 2>/dev/null | string replace -r '\.yaml\$' '')"
complete -c firn -l sandbox -l state -l only -l yes -l json -l out -l no-refresh -l accept-loss
)sh",
        kCommands));
  }
  return kExitOk;
}

}  // namespace firn::cli
