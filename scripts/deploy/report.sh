# What plans said, as a page in Markdown: a comment, an issue, the summary of a run. Sourced.
#
# $deploy_folder/results holds a line for each stack: its name, and how `firn plan` ended (0 nothing
# to do, 2 something, 1 failed); $deploy_folder/said/STACK.txt what it said.
# shellcheck shell=bash disable=SC2154

# GitHub takes 65,536 characters. Bytes are never fewer.
report_limit=60000

# The longest run of backticks in a text must not close the fence around it.
fence_for() {
  local longest
  longest=$(grep -o '`*' -- "$1" | awk '{ if (length > most) most = length } END { print most + 0 }')
  printf '%*s' "$((longest < 3 ? 3 : longest + 1))" '' | tr ' ' '`'
}

# outcome STACK CODE: in a few words.
outcome() {
  case $2 in
    0) printf 'nothing to do' ;;
    2) grep -m1 '^Plan: ' "$deploy_folder/said/$1.txt" | sed 's/^Plan: //; s/\.$//' ;;
    *) printf '**failed**' ;;
  esac
}

# write_report FILE MARKER HEADING: the marker is an HTML comment that find_marked looks for.
write_report() {
  local stack code fence said room
  {
    printf '%s\n## %s\n\n' "$2" "$3"
    printf '| stack | plan |\n| --- | --- |\n'
    while IFS=$'\t' read -r stack code; do
      # shellcheck disable=SC2016  # Markdown
      printf '| `%s` | %s |\n' "$stack" "$(outcome "$stack" "$code")"
    done <"$deploy_folder/results"
    [[ -z ${GITHUB_SHA:-} ]] || printf '\nAt %s.' "$GITHUB_SHA"
    [[ -z ${GITHUB_RUN_ID:-} ]] || printf ' The whole text is in [the run](%s/%s/actions/runs/%s).' \
      "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID"
    printf '\n'
  } >"$1"
  while IFS=$'\t' read -r stack code; do
    said=$deploy_folder/said/$stack.txt
    [[ $code != 0 ]] || continue
    fence=$(fence_for "$said")
    room=$((report_limit - $(wc -c <"$1") - 200))
    {
      printf '\n<details><summary>%s</summary>\n\n%stext\n' "$stack" "$fence"
      # Whole lines only: half a character is none.
      LC_ALL=C awk -v room="$room" '
        { used += length + 1; if (used > room) { cut = 1; exit } print }
        END { if (cut) print "… and more: the text is too long for this page." }' "$said"
      printf '%s\n\n</details>\n' "$fence"
    } >>"$1"
  done <"$deploy_folder/results"
}

# Whether any stack is not as it should be.
has_news() { grep -qv $'\t0$' "$deploy_folder/results"; }
