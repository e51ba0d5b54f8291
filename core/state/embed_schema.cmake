# Makes schema.sql, which people read, part of the program: generated/state_schema.h.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${CMAKE_CURRENT_LIST_DIR}/schema.sql)
file(READ ${CMAKE_CURRENT_LIST_DIR}/schema.sql FIRN_STATE_SCHEMA)
configure_file(${CMAKE_CURRENT_LIST_DIR}/state_schema.h.in
               ${CMAKE_BINARY_DIR}/generated/state_schema.h @ONLY)
