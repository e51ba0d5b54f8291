# Tests of the program itself, in Python with its standard library only: one test for each class, so
# that they run side by side.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# firn_python_test(<label> <file> <class>...)
function(firn_python_test label file)
  foreach(class ${ARGN})
    add_test(NAME ${label}.${class}
             COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${class})
    set_tests_properties(${label}.${class} PROPERTIES LABELS ${label} TIMEOUT 600)
    set_property(TEST ${label}.${class} PROPERTY ENVIRONMENT
      FIRN=$<TARGET_FILE:firn>
      FIRN_SOURCE=${CMAKE_SOURCE_DIR}
      PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/e2e
      PYTHONDONTWRITEBYTECODE=1)
  endforeach()
endfunction()
