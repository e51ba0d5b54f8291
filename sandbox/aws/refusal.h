// How a service of the sandbox's AWS says no.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace firn::sandbox::aws {

// Thrown by the services, caught in one place (front_door.cpp), and written there in the shape of
// the service's protocol. Never leaves sandbox/aws.
struct Refusal {
  int status = 400;
  std::string code;
  std::string message;
  // Further members of the error ("BucketName", "Region", "ArgumentName1"); S3 prints them.
  std::vector<std::pair<std::string, std::string>> fields;
  // The historical code that SQS tells beside the present one.
  std::string query_code;
  // Response headers that belong to the error ("x-amz-bucket-region").
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace firn::sandbox::aws
