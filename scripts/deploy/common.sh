# What the scripts in this folder share; they source it. Not to be run.
#
#   FIRN            the program; firn on the PATH otherwise
#   DEPLOY_FOLDER   where plans and reports lie between steps; build/deploy otherwise
#   RUNNER_TEMP     where short-lived secrets may lie: outside the checkout; the system's otherwise
# shellcheck shell=bash disable=SC2034

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
firn=${FIRN:-firn}
deploy_folder=${DEPLOY_FOLDER:-build/deploy}
# Where the states lie while they are worked on. A saved plan names its state's file, so it is the
# same in the job that plans and in the one that applies.
state_folder=.firn/deploy

# What only the functions here need is hidden from the programs that they run, firn's builders of
# images among them.
snowflake_key=${SNOWFLAKE_PRIVATE_KEY:-}
unset SNOWFLAKE_PRIVATE_KEY
export -n GITHUB_TOKEN ACTIONS_ID_TOKEN_REQUEST_TOKEN

say() { printf '%s\n' "$*" >&2; }

# refuse SUMMARY [DETAIL...]: says what is wrong, like firn does, and ends.
refuse() {
  say "error: $1"
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit 1
}

need() {  # need NAME...: variables that must be there
  local name
  for name; do
    [[ -n ${!name:-} ]] || refuse "the variable $name is not set" \
      "A workflow step sets it; docs/deployment.md says how to run the scripts by hand."
  done
}

# at_end COMMAND: run when the script ends, however it ends, last one first.
at_end_commands=
at_end() {
  at_end_commands="$1; $at_end_commands"
  # shellcheck disable=SC2064  # expanded now: this is the whole list
  trap "$at_end_commands" EXIT
}

# A folder of this run's own for secrets: nobody else may look into it, and it goes with the run.
# Made at once: what is made in a $(subshell) would be removed at the subshell's end.
private=$(mktemp -d "$(realpath -- "${RUNNER_TEMP:-${TMPDIR:-/tmp}}")/firn-XXXXXXXXXX")
# shellcheck disable=SC2016  # expanded at the end
at_end 'rm -rf -- "$private"'
[[ $private/ != "$PWD"/* ]] || refuse "secrets would lie inside the checkout" \
  "RUNNER_TEMP is ${RUNNER_TEMP:-not set}, TMPDIR ${TMPDIR:-not set}."

# run_firn ARGUMENT...: with a session of its own, so that an interrupt reaches it once, from here:
# the first one lets it end its calls and write the truth into the state, the second one ends it.
firn_process='' was_interrupted=''
forward_interrupt() {
  was_interrupted=yes is_interrupted=yes
  [[ -z $firn_process ]] || kill -TERM "$firn_process" 2>/dev/null || true
}
trap forward_interrupt INT TERM
run_firn() {
  local status=0 is_interrupted=''
  setsid -- "$firn" "$@" </dev/null &
  firn_process=$!
  [[ -z ${work_note:-} ]] || printf '%s\n' "$firn_process" >"$work_note.firn"
  wait "$firn_process" || status=$?
  while [[ -n $is_interrupted ]]; do
    is_interrupted='' status=0
    wait "$firn_process" || status=$?
  done
  firn_process=''
  return "$status"
}

check_name() {  # check_name WHAT TEXT: before it becomes part of a path or an address
  [[ $2 =~ ^[a-z0-9][a-z0-9_-]*$ ]] || refuse "\"$2\" is not the name of $1" \
    "Names have lower-case letters, digits, - and _."
}

check_environment() {
  check_name "an environment" "$1"
  [[ -f environments/$1.yaml ]] || refuse "there is no environment \"$1\"" \
    "There are: $(printf '%s\n' environments/*.yaml | sed 's|.*/||; s|\.yaml$||' | paste -sd' ')."
}

# The stacks that the workflows look after: all but those that they stand on.
deployed_stacks() {
  local file name
  for file in stacks/*/stack.yaml; do
    name=$(basename "$(dirname "$file")")
    [[ $name == bootstrap* ]] || printf '%s\n' "$name"
  done
}

check_stack() {
  local there
  check_name "a stack" "$1"
  there=$(deployed_stacks)
  [[ $'\n'$there$'\n' == *$'\n'"$1"$'\n'* ]] || refuse "there is no stack \"$1\" to deploy" \
    "There are: ${there//$'\n'/ }."
}

# What the bootstrap stack gives the environment: firn plans it on an empty sandbox, which tells
# every name and ARN without asking anybody. So nobody copies one.
bootstrap_output() {  # bootstrap_output ENVIRONMENT NAME
  local plan=$private/bootstrap.$1.json
  [[ -f $plan ]] || "$firn" plan bootstrap --env "$1" --sandbox "$private/names.db" \
    --state "$private/names.state.db" --json >"$plan" ||
    refuse "the bootstrap stack cannot be planned, so the names of roles and bucket are not known"
  jq --exit-status --raw-output --arg name "$2" \
    '.outputs[] | select(.name == $name) | .after | strings' "$plan" ||
    refuse "the bootstrap stack has no output \"$2\""
}

# summarize FILE: onto the page that GitHub shows for the run, if there is one.
summarize() {
  [[ -z ${GITHUB_STEP_SUMMARY:-} ]] || cat -- "$1" >>"$GITHUB_STEP_SUMMARY"
}
