// The command line as a value.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace firn::cli {

struct Arguments {
  std::vector<std::string> words;  // the whole line, for the lock's "doing what"
  std::string stack;               // name, folder or file; or a saved plan for apply
  std::string environment = "local";
  std::optional<std::string> sandbox;   // --sandbox [FILE]; "" is the project's own
  std::string state_path;               // --state FILE
  std::string profile;                  // --profile NAME, of the AWS configuration
  std::string connection;               // --connection NAME, of connections.toml
  std::vector<std::string> parameters;  // --set NAME=VALUE
  std::vector<std::string> only;
  std::vector<std::string> accepted_losses;
  std::string out_file;
  std::string format;   // graph: mermaid, svg, html, dot
  std::string subject;  // explain TYPE, state show ADDRESS, import ADDRESS, output NAME, trace
                        // ROAD, DURATION
  std::string name;     // import NAME
  std::string object;   // trace --object s3://bucket/key
  std::string text;     // destroy --confirm NAME
  bool yes = false;
  bool json = false;
  bool markdown = false;  // explain: the reference page
  bool detailed_exit_code = false;
  bool refresh = true;
  bool colour = true;
};

}  // namespace firn::cli
