// The schema rows of aws.s3_bucket.
#pragma once

#include <array>
#include <string_view>

#include "core/schema/attribute.h"
#include "providers/aws/resource_tags.h"

namespace firn::aws::s3_bucket_table {

inline constexpr std::array<std::string_view, 2> encryption_types = {"sse_kms", "sse_s3"};
inline constexpr std::array<std::string_view, 3> ownerships = {
    "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"};
inline constexpr std::array<std::string_view, 7> storage_classes = {
    "DEEP_ARCHIVE", "GLACIER",     "GLACIER_IR", "INTELLIGENT_TIERING",
    "ONEZONE_IA",   "STANDARD_IA", "STANDARD"};

inline constexpr std::array encryption_fields{
    Attribute{.name = "bucket_key",
              .kind = AttributeKind::boolean,
              .doc = "Whether S3 uses one key per bucket for a while, which makes KMS cheaper.",
              .default_json = "false"},
    Attribute{.name = "kms_key",
              .doc = "The KMS key, by ARN, id or alias; without one, AWS's own key for S3.",
              .weak = true,
              .takes = "arn",
              .example = "alias/fdl-prod-data"},
    Attribute{.name = "type",
              .doc = "Who holds the key: S3 (sse_s3) or KMS (sse_kms).",
              .default_json = "\"sse_s3\"",
              .allowed = encryption_types},
};

inline constexpr std::array public_access_fields{
    Attribute{.name = "block_public_acls",
              .kind = AttributeKind::boolean,
              .doc = "Refuses access lists that make objects public.",
              .default_json = "true"},
    Attribute{.name = "block_public_policy",
              .kind = AttributeKind::boolean,
              .doc = "Refuses a bucket policy that makes the bucket public.",
              .default_json = "true"},
    Attribute{.name = "ignore_public_acls",
              .kind = AttributeKind::boolean,
              .doc = "Ignores public access lists that exist already.",
              .default_json = "true"},
    Attribute{.name = "restrict_public_buckets",
              .kind = AttributeKind::boolean,
              .doc = "Lets only this account and AWS services into a bucket with a public policy.",
              .default_json = "true"},
};

inline constexpr std::array transition_fields{
    Attribute{.name = "days",
              .kind = AttributeKind::integer,
              .doc = "Age of the object in days.",
              .required = true,
              .minimum = 0},
    Attribute{.name = "storage_class",
              .doc = "The class that the object moves to.",
              .required = true,
              .allowed = storage_classes},
};
inline constexpr Attribute transition{.name = "transition",
                                      .kind = AttributeKind::object,
                                      .doc = "One move to a cheaper class.",
                                      .fields = transition_fields};

inline constexpr std::array lifecycle_fields{
    Attribute{.name = "abort_incomplete_upload_days",
              .kind = AttributeKind::integer,
              .doc = "Days after which an unfinished multipart upload is thrown away.",
              .minimum = 1},
    Attribute{.name = "expiration_days",
              .kind = AttributeKind::integer,
              .doc = "Age in days at which objects are deleted.",
              .minimum = 1},
    Attribute{.name = "id",
              .doc = "The name of the rule, unique in the bucket; rule-1, rule-2, … when left out.",
              .maximum = 255},
    Attribute{.name = "noncurrent_expiration_days",
              .kind = AttributeKind::integer,
              .doc = "Days after which versions that are no longer current are deleted.",
              .minimum = 1},
    Attribute{.name = "prefix",
              .doc = "The rule is for keys that begin so; empty for all.",
              .default_json = "\"\"",
              .example = "coinlore/raw/",
              .maximum = 1024},
    Attribute{.name = "transitions",
              .kind = AttributeKind::list,
              .doc = "Moves to cheaper storage classes.",
              .unordered = true,
              .element = &transition},
};
inline constexpr Attribute lifecycle_rule{.name = "rule",
                                          .kind = AttributeKind::object,
                                          .doc = "What happens to objects as they age.",
                                          .fields = lifecycle_fields};

inline constexpr std::array logging_fields{
    Attribute{.name = "bucket",
              .doc = "The bucket that gets the access logs; same account and region.",
              .required = true,
              .takes = "name"},
    Attribute{.name = "prefix",
              .doc = "What the keys of the logs begin with.",
              .default_json = "\"\"",
              .example = "finance-de-lab-prod_logs/"},
};

inline constexpr Attribute log_source{
    .name = "source", .doc = "The ARN of a bucket.", .weak = true, .takes = "arn"};
inline constexpr Attribute statement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc =
        "A policy statement in AWS's own words; a Resource left out is the bucket and all its "
        "objects.",
    .weak = true};

inline constexpr std::array attributes{
    Attribute{
        .name = "arn", .doc = "The ARN of the bucket.", .computed = true, .predictable = true},
    Attribute{.name = "domain_name",
              .doc = "The host name of the bucket in its region.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "encryption",
              .kind = AttributeKind::object,
              .doc = "How new objects are encrypted when their writer does not say.",
              .default_json = R"({"bucket_key":false,"type":"sse_s3"})",
              .example = "{ type: sse_kms, kms_key: alias/fdl-prod-data, bucket_key: true }",
              .fields = encryption_fields},
    Attribute{.name = "force_destroy",
              .kind = AttributeKind::boolean,
              .doc =
                  "Whether destroying the bucket deletes every object and version in it. Without "
                  "it a bucket that is not empty is kept, and the destroy fails.",
              .write_only = true,
              .default_json = "false"},
    Attribute{.name = "lifecycle",
              .kind = AttributeKind::list,
              .doc = "What happens to objects as they age.",
              .unordered = true,
              .default_json = "[]",
              .example = "[{ prefix: raw/, expiration_days: 7 }]",
              .element = &lifecycle_rule,
              .maximum = 1000},
    Attribute{.name = "log_sources",
              .kind = AttributeKind::list,
              .doc = "Buckets whose access logs S3 may deliver into this one.",
              .weak = true,
              .unordered = true,
              .default_json = "[]",
              .example = "[\"${data}\"]",
              .element = &log_source},
    Attribute{.name = "logging",
              .kind = AttributeKind::object,
              .doc = "Where S3 writes a line for each request to this bucket.",
              .example = "{ bucket: company-access-logs, prefix: finance_logs/ }",
              .fields = logging_fields},
    Attribute{.name = "ownership",
              .doc = "Who owns objects that others upload. BucketOwnerEnforced switches access "
                     "lists off.",
              .default_json = "\"BucketOwnerEnforced\"",
              .allowed = ownerships},
    Attribute{.name = "public_access_block",
              .kind = AttributeKind::object,
              .doc = "Four locks against public access; all closed unless opened here.",
              .default_json = R"({"block_public_acls":true,"block_public_policy":true,)"
                              R"("ignore_public_acls":true,"restrict_public_buckets":true})",
              .example = "{ block_public_policy: false, restrict_public_buckets: false }",
              .fields = public_access_fields},
    Attribute{.name = "region",
              .doc = "The region that the bucket is in.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "statements",
              .kind = AttributeKind::list,
              .doc = "Further statements of the bucket policy, in AWS's own words.",
              .weak = true,
              .unordered = true,
              .default_json = "[]",
              .element = &statement},
    kTagsAttribute,
    Attribute{.name = "tls_only",
              .kind = AttributeKind::boolean,
              .doc = "Whether the bucket policy denies every request that does not come over TLS.",
              .default_json = "true"},
    Attribute{.name = "versioning",
              .kind = AttributeKind::boolean,
              .doc =
                  "Whether overwritten and deleted objects are kept as versions. Once on, it can "
                  "only be suspended.",
              .default_json = "false"},
};

}  // namespace firn::aws::s3_bucket_table
