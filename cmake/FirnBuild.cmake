# Compiler settings, third-party libraries, and firn_library(): one static library per folder, linked
# only to what the folder may include.

find_program(FIRN_CCACHE ccache)
if(FIRN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FIRN_CCACHE})
  if(FIRN_PRECOMPILED_HEADERS)
    # Without these ccache keeps nothing that a precompiled header went into.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${FIRN_CCACHE})
  endif()
endif()
find_program(FIRN_LLD ld.lld)

find_package(Threads REQUIRED)
find_package(CURL 7.80 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 3.37 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(pugixml 1.12 REQUIRED)
find_package(tl-expected 1.0 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
# Its header is all that is used, so nothing of it is linked.
pkg_check_modules(XXHASH REQUIRED libxxhash)

# The version stands in project() alone and reaches the code as firn::version.
configure_file(${CMAKE_CURRENT_LIST_DIR}/firn_version.h.in
               ${CMAKE_BINARY_DIR}/generated/firn_version.h @ONLY)

add_library(firn_settings INTERFACE)
target_include_directories(firn_settings INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(firn_settings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  -fno-omit-frame-pointer)
if(FIRN_WARNINGS_AS_ERRORS)
  target_compile_options(firn_settings INTERFACE -Werror)
endif()
# Designated initialisers leave the other members at their defaults, which is what they are for; this
# part of -Wextra wants every member written out, or `= {}` behind each string.
target_compile_options(firn_settings INTERFACE -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees overlapping copies in `"text" + string` when it optimises (GCC bug 105651).
  target_compile_options(firn_settings INTERFACE $<$<CONFIG:Release>:-Wno-restrict>)
endif()
if(FIRN_SANITIZE)
  target_compile_options(firn_settings INTERFACE -fsanitize=${FIRN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(firn_settings INTERFACE -fsanitize=${FIRN_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # What clang 14 puts before functions for this check does not go together with coroutines.
    target_compile_options(firn_settings INTERFACE -fno-sanitize=function)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code confuses this warning of g++ 12: it fires inside std::variant.
    target_compile_options(firn_settings INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(FIRN_COVERAGE)
  target_compile_options(firn_settings INTERFACE --coverage)
  target_link_options(firn_settings INTERFACE --coverage)
endif()
if(FIRN_LLD)
  target_link_options(firn_settings INTERFACE -fuse-ld=lld)
endif()

# With FIRN_PRECOMPILED_HEADERS, what most sources include of others is compiled once. Sources name all
# that they need nevertheless: a build for release, and the linter's, do without.
if(FIRN_PRECOMPILED_HEADERS AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(firn_settings INTERFACE -fpch-preprocess)  # ccache wants it
endif()
function(firn_common_headers name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${name}.cpp CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/generated/${name}.cpp)
  target_link_libraries(${name} PRIVATE firn_settings ${ARG_LINKS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()
set(FIRN_COMMON_HEADERS
  <algorithm> <array> <chrono> <coroutine> <filesystem> <functional> <map> <memory> <optional> <set>
  <span> <string> <string_view> <utility> <variant> <vector> <fmt/format.h> <tl/expected.hpp>)
if(FIRN_PRECOMPILED_HEADERS)
  firn_common_headers(firn_library_headers HEADERS ${FIRN_COMMON_HEADERS} LINKS fmt::fmt tl::expected)
endif()

# firn_library(NAME SOURCES … LINKS …): LINKS are the only folders and libraries it may include.
function(firn_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC firn_settings ${ARG_LINKS})
  if(FIRN_PRECOMPILED_HEADERS)
    target_precompile_headers(${name} REUSE_FROM firn_library_headers)
  endif()
endfunction()
