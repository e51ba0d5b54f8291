// Who needs an image: marks among its tags.
//
// An image carries no tags of AWS's kind, so the mark of a resource that needs it is one of the
// image's own tags: the digest of the folder, a dot, and a digest of stack, environment and
// address. With the digest of the folder in it a mark never has to move, which repositories with
// immutable tags refuse.
#pragma once

#include <string>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

[[nodiscard]] std::string mark_of(const Placement& placement, const std::string& address);
// `tag` is the digest of the folder.
[[nodiscard]] std::string marked_tag(const std::string& tag, const std::string& mark);

[[nodiscard]] bool has_tag(const List& tags, const std::string& tag);

// What to delete of one image, as DescribeImages shows it, so that the resource of this mark needs
// it no more: the whole of it, or only tags, when others need it still. In terms of
// BatchDeleteImage.
void add_deletions(const Value& image, const std::string& mark, List& deletions);

// The same for an image whose last mark was taken off meanwhile: two resources that let go of it
// together each saw the mark of the other. Nothing, while anybody needs it.
void add_deletions_of_unneeded(const Value& image, List& deletions);

// The digest of the folder in a mark; "" for other tags.
[[nodiscard]] std::string plain_tag_of(const std::string& tag);

}  // namespace firn::aws
