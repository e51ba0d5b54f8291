# install() and the Debian package: `cpack -G DEB` in a build folder, or `cmake --install`.
include(GNUInstallDirs)

# Shell completion is what the program itself prints, so it cannot fall behind its commands.
set(FIRN_COMPLETION_FOLDER ${CMAKE_BINARY_DIR}/completion)
file(MAKE_DIRECTORY ${FIRN_COMPLETION_FOLDER})
add_custom_command(
  OUTPUT ${FIRN_COMPLETION_FOLDER}/firn.bash ${FIRN_COMPLETION_FOLDER}/firn.zsh
         ${FIRN_COMPLETION_FOLDER}/firn.fish
  COMMAND firn completion bash > ${FIRN_COMPLETION_FOLDER}/firn.bash
  COMMAND firn completion zsh > ${FIRN_COMPLETION_FOLDER}/firn.zsh
  COMMAND firn completion fish > ${FIRN_COMPLETION_FOLDER}/firn.fish
  DEPENDS firn
  COMMENT "Writing shell completion"
  VERBATIM)
add_custom_target(firn_completion ALL
  DEPENDS ${FIRN_COMPLETION_FOLDER}/firn.bash ${FIRN_COMPLETION_FOLDER}/firn.zsh
          ${FIRN_COMPLETION_FOLDER}/firn.fish)

install(TARGETS firn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${FIRN_COMPLETION_FOLDER}/firn.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME firn)
install(FILES ${FIRN_COMPLETION_FOLDER}/firn.zsh
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _firn)
install(FILES ${FIRN_COMPLETION_FOLDER}/firn.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# A project to start from: copy it, or plan it where it is with --state and --sandbox elsewhere.
install(DIRECTORY stacks environments DESTINATION ${CMAKE_INSTALL_DATADIR}/firn
        PATTERN ".firn" EXCLUDE PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES CHANGELOG.md LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_PACKAGE_NAME firn)
set(CPACK_PACKAGE_VENDOR "firn")
set(CPACK_PACKAGE_CONTACT "the maintainers of firn")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
