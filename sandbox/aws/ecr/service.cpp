// ECR: repositories of container images. Layers are taken and checked; nothing can be pulled.
#include <array>

#include "sandbox/aws/ecr/operations.h"
#include "sandbox/aws/services.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    JsonOperation{"CreateRepository", ecr::create_repository},
    JsonOperation{"DescribeRepositories", ecr::describe_repositories},
    JsonOperation{"DeleteRepository", ecr::delete_repository},
    JsonOperation{"PutImageTagMutability", ecr::put_image_tag_mutability},
    JsonOperation{"PutImageScanningConfiguration", ecr::put_image_scanning_configuration},
    JsonOperation{"TagResource", ecr::tag_resource},
    JsonOperation{"UntagResource", ecr::untag_resource},
    JsonOperation{"ListTagsForResource", ecr::list_tags_for_resource},
    JsonOperation{"SetRepositoryPolicy", ecr::set_repository_policy},
    JsonOperation{"GetRepositoryPolicy", ecr::get_repository_policy},
    JsonOperation{"DeleteRepositoryPolicy", ecr::delete_repository_policy},
    JsonOperation{"PutLifecyclePolicy", ecr::put_lifecycle_policy},
    JsonOperation{"GetLifecyclePolicy", ecr::get_lifecycle_policy},
    JsonOperation{"DeleteLifecyclePolicy", ecr::delete_lifecycle_policy},
    JsonOperation{"BatchCheckLayerAvailability", ecr::batch_check_layer_availability},
    JsonOperation{"InitiateLayerUpload", ecr::initiate_layer_upload},
    JsonOperation{"UploadLayerPart", ecr::upload_layer_part},
    JsonOperation{"CompleteLayerUpload", ecr::complete_layer_upload},
    JsonOperation{"PutImage", ecr::put_image},
    JsonOperation{"BatchGetImage", ecr::batch_get_image},
    JsonOperation{"DescribeImages", ecr::describe_images},
    JsonOperation{"ListImages", ecr::list_images},
    JsonOperation{"BatchDeleteImage", ecr::batch_delete_image},
};

}  // namespace

http::Response answer_ecr(Call& call) {
  return answer_json(call, {"ecr", "AmazonEC2ContainerRegistry_V20150921",
                            "application/x-amz-json-1.1", operations});
}

}  // namespace firn::sandbox::aws
