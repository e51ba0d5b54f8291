// The schema rows of aws.lambda_function.
#pragma once

#include <array>
#include <string_view>

#include "core/schema/attribute.h"
#include "providers/aws/lambda_async.h"
#include "providers/aws/resource_tags.h"

namespace firn::aws::lambda_function_table {

inline constexpr std::array<std::string_view, 2> architectures{"arm64", "x86_64"};

inline constexpr Attribute variable{.name = "value",
                                    .doc = "The value of an environment variable."};
inline constexpr Attribute layer{
    .name = "layer", .doc = "The ARN of a layer version.", .takes = "arn"};
inline constexpr Attribute word{.name = "word", .doc = "One word of a command."};

inline constexpr std::array image_config_fields{
    Attribute{.name = "command",
              .kind = AttributeKind::list,
              .doc = "The words that are handed to the entry point; for AWS's base images the "
                     "handler.",
              .example = "[lambda_function.handler]",
              .element = &word},
    Attribute{.name = "entry_point",
              .kind = AttributeKind::list,
              .doc = "The program that is started, and its first words.",
              .element = &word},
    Attribute{.name = "working_directory",
              .doc = "The folder that it is started in.",
              .example = "/var/task",
              .maximum = 1000},
};

inline constexpr std::array attributes{
    Attribute{.name = "architecture",
              .doc = "The processor that the code is built for.",
              .default_json = "\"x86_64\"",
              .allowed = architectures},
    Attribute{
        .name = "arn", .doc = "The ARN of the function.", .computed = true, .predictable = true},
    Attribute{.name = "async",
              .kind = AttributeKind::object,
              .doc = "What happens to events that nobody waits for; left out, they are tried three "
                     "times within six hours, and then forgotten.",
              .example = "{ retries: 1, on_failure: \"${dead_letters}\" }",
              .fields = async_fields},
    Attribute{.name = "code",
              .doc = "The folder of the code, relative to the file that declares the function. "
                     "Folders named .git and __pycache__ and compiled Python files are left out. "
                     "Exactly one of code and image is given.",
              .write_only = true,
              .example = "functions/process"},
    Attribute{
        .name = "code_sha256",
        .doc = "The digest of the code as Lambda shows it: base64 of the SHA-256 of the archive.",
        .derived = true},
    Attribute{.name = "description",
              .doc = "What the function is for.",
              .default_json = "\"\"",
              .maximum = 256},
    Attribute{.name = "environment",
              .kind = AttributeKind::map,
              .doc = "Environment variables, at most 4 KB in all. Who may see the function may see "
                     "them: secrets belong into Secrets Manager.",
              .default_json = "{}",
              .example = "{ BUCKET_NAME: \"${data.name}\" }",
              .element = &variable},
    Attribute{.name = "ephemeral_storage",
              .kind = AttributeKind::integer,
              .doc = "The size of /tmp, in MB.",
              .default_json = "512",
              .minimum = 512,
              .maximum = 10240},
    Attribute{.name = "handler",
              .doc = "What is called: for Python file.function, for Node.js file.export. Needed "
                     "with code.",
              .example = "process.lambda_handler",
              .maximum = 128},
    Attribute{.name = "image",
              .doc = "The container image that the function runs, by the URI that ECR gives it: "
                     "with its digest, or with a tag, which is looked at only when it changes "
                     "here. A function cannot change between code and image; it is made anew.",
              .takes = "uri",
              .example = "${extractor_image}"},
    Attribute{.name = "image_config",
              .kind = AttributeKind::object,
              .doc = "What is to be otherwise than the image says itself.",
              .example = "{ command: [lambda_function.handler] }",
              .fields = image_config_fields},
    Attribute{.name = "layers",
              .kind = AttributeKind::list,
              .doc = "Layer versions, by ARN, in the order in which they are laid over each other; "
                     "not with an image, which brings what it needs.",
              .default_json = "[]",
              .element = &layer,
              .maximum = 5},
    Attribute{.name = "log_group",
              .doc =
                  "The log group that the function writes to, by name; /aws/lambda/<name> unless "
                  "given.",
              .takes = "name",
              .example = "${logs}"},
    Attribute{.name = "memory",
              .kind = AttributeKind::integer,
              .doc = "Memory in MB; processor time grows with it.",
              .default_json = "128",
              .example = "512",
              .minimum = 128,
              .maximum = 32768},
    Attribute{.name = "reserved_concurrency",
              .kind = AttributeKind::integer,
              .doc = "How many executions are kept for the function and are the most it gets; left "
                     "out, it shares the account's.",
              .minimum = 0},
    Attribute{.name = "role",
              .doc = "The role that the code acts as, by ARN; it must trust lambda.amazonaws.com.",
              .required = true,
              .takes = "arn",
              .example = "${process_role}"},
    Attribute{.name = "runtime",
              .doc = "The language and its version. Needed with code.",
              .example = "python3.13"},
    kTagsAttribute,
    Attribute{.name = "timeout",
              .kind = AttributeKind::integer,
              .doc = "Seconds after which an execution is stopped.",
              .default_json = "3",
              .example = "60",
              .minimum = 1,
              .maximum = 900},
    Attribute{.name = "version", .doc = "The version: $LATEST.", .computed = true},
};

}  // namespace firn::aws::lambda_function_table
