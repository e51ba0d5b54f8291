#include <array>

#include "sandbox/aws/lambda/operations.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    RestOperation{"CreateFunction", "POST", "/2015-03-31/functions", lambda::create_function},
    RestOperation{"ListFunctions", "GET", "/2015-03-31/functions", lambda::list_functions},
    RestOperation{"GetFunction", "GET", "/2015-03-31/functions/{}", lambda::get_function},
    RestOperation{"DeleteFunction", "DELETE", "/2015-03-31/functions/{}", lambda::delete_function},
    RestOperation{"GetFunctionConfiguration", "GET", "/2015-03-31/functions/{}/configuration",
                  lambda::get_function_configuration},
    RestOperation{"UpdateFunctionConfiguration", "PUT", "/2015-03-31/functions/{}/configuration",
                  lambda::update_function_configuration},
    RestOperation{"UpdateFunctionCode", "PUT", "/2015-03-31/functions/{}/code",
                  lambda::update_function_code},
    RestOperation{"ListVersionsByFunction", "GET", "/2015-03-31/functions/{}/versions",
                  lambda::list_versions_by_function},
    RestOperation{"AddPermission", "POST", "/2015-03-31/functions/{}/policy",
                  lambda::add_permission},
    RestOperation{"GetPolicy", "GET", "/2015-03-31/functions/{}/policy", lambda::get_policy},
    RestOperation{"RemovePermission", "DELETE", "/2015-03-31/functions/{}/policy/{}",
                  lambda::remove_permission},
    RestOperation{"PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{}/concurrency",
                  lambda::put_concurrency},
    RestOperation{"DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/{}/concurrency",
                  lambda::delete_concurrency},
    RestOperation{"GetFunctionConcurrency", "GET", "/2019-09-30/functions/{}/concurrency",
                  lambda::get_concurrency},
    RestOperation{"PutFunctionEventInvokeConfig", "PUT",
                  "/2019-09-25/functions/{}/event-invoke-config", lambda::put_invoke_config},
    RestOperation{"UpdateFunctionEventInvokeConfig", "POST",
                  "/2019-09-25/functions/{}/event-invoke-config", lambda::update_invoke_config},
    RestOperation{"GetFunctionEventInvokeConfig", "GET",
                  "/2019-09-25/functions/{}/event-invoke-config", lambda::get_invoke_config},
    RestOperation{"DeleteFunctionEventInvokeConfig", "DELETE",
                  "/2019-09-25/functions/{}/event-invoke-config", lambda::delete_invoke_config},
    RestOperation{"CreateEventSourceMapping", "POST", "/2015-03-31/event-source-mappings",
                  lambda::create_mapping},
    RestOperation{"ListEventSourceMappings", "GET", "/2015-03-31/event-source-mappings",
                  lambda::list_mappings},
    RestOperation{"GetEventSourceMapping", "GET", "/2015-03-31/event-source-mappings/{}",
                  lambda::get_mapping},
    RestOperation{"UpdateEventSourceMapping", "PUT", "/2015-03-31/event-source-mappings/{}",
                  lambda::update_mapping},
    RestOperation{"DeleteEventSourceMapping", "DELETE", "/2015-03-31/event-source-mappings/{}",
                  lambda::delete_mapping},
    RestOperation{"ListLayers", "GET", "/2018-10-31/layers", lambda::list_layers},
    RestOperation{"PublishLayerVersion", "POST", "/2018-10-31/layers/{}/versions",
                  lambda::publish_layer},
    RestOperation{"ListLayerVersions", "GET", "/2018-10-31/layers/{}/versions",
                  lambda::list_layer_versions},
    RestOperation{"GetLayerVersion", "GET", "/2018-10-31/layers/{}/versions/{}",
                  lambda::get_layer_version},
    RestOperation{"DeleteLayerVersion", "DELETE", "/2018-10-31/layers/{}/versions/{}",
                  lambda::delete_layer_version},
    RestOperation{"ListTags", "GET", "/2017-03-31/tags/{}", lambda::list_tags},
    RestOperation{"TagResource", "POST", "/2017-03-31/tags/{}", lambda::tag_resource},
    RestOperation{"UntagResource", "DELETE", "/2017-03-31/tags/{}", lambda::untag_resource},
};

}  // namespace

http::Response answer_lambda(Call& call) {
  return answer_rest(call, "lambda", operations);
}

}  // namespace firn::sandbox::aws
