# Snowflake for the scripts in this folder: the key pair of one user. Sourced.
# shellcheck shell=bash disable=SC2154

# snowflake_as ENVIRONMENT USER ROLE: names of outputs of the bootstrap stack. The key came
# in $SNOWFLAKE_PRIVATE_KEY; firn gets it as a file that goes with the run.
snowflake_as() {
  local user role
  [[ -n $snowflake_key ]] || refuse "there is no key for Snowflake" \
    "GitHub's environment has no secret SNOWFLAKE_PRIVATE_KEY." \
    "Make one with scripts/deploy/new_key.sh; docs/deployment.md says how."
  user=$(bootstrap_output "$1" "$2")
  role=$(bootstrap_output "$1" "$3")
  (
    umask 077
    printf '%s\n' "$snowflake_key" >"$private/snowflake.p8"
    printf '[firn]\nuser = "%s"\nrole = "%s"\nprivate_key_file = "%s"\n' "$user" "$role" \
      "$private/snowflake.p8" >"$private/connections.toml"
  )
  snowflake_key=
  export SNOWFLAKE_HOME=$private
}
