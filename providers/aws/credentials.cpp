#include "providers/aws/credentials.h"

namespace firn::aws {

Task<Result<Credentials>> StaticCredentials::get() {
  Credentials copy = credentials_;
  co_return copy;
}

}  // namespace firn::aws
