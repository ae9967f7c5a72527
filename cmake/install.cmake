# SPDX-License-Identifier: MIT
#
# What `cmake --install` puts where: the program, the library in both kinds, the
# header, a pkg-config file and a CMake package.
#
#   find_package(rnn)                     gives rnn::rnn, the shared library
#   find_package(rnn COMPONENTS static)   gives rnn::static as well
include(CMakePackageConfigHelpers)

install(FILES include/rnn.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(TARGETS rnn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The program writes its own manual pages and completions, so it must run here.
if(NOT CMAKE_CROSSCOMPILING AND NOT RNN_SANITIZE)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/manual/man/man1/rnn.1
                     COMMAND sh ${PROJECT_SOURCE_DIR}/tools/make_manual.sh $<TARGET_FILE:rnn>
                             ${PROJECT_BINARY_DIR}/manual
                     DEPENDS rnn ${PROJECT_SOURCE_DIR}/tools/make_manual.sh VERBATIM)
  add_custom_target(manual ALL DEPENDS ${PROJECT_BINARY_DIR}/manual/man/man1/rnn.1)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/manual/ DESTINATION ${CMAKE_INSTALL_DATADIR})
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rnn)
foreach(kind shared static)
  install(TARGETS rnn_${kind} EXPORT rnn-${kind}
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT rnn-${kind} FILE rnn-${kind}.cmake NAMESPACE rnn:: DESTINATION ${package_dir})
endforeach()

configure_package_config_file(cmake/rnn-config.cmake.in
                              ${PROJECT_BINARY_DIR}/package/rnn-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/rnn-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/rnn-config.cmake
              ${PROJECT_BINARY_DIR}/package/rnn-config-version.cmake
        DESTINATION ${package_dir})

# The .pc file finds its own place, so that an installed tree can be moved.
file(RELATIVE_PATH RNN_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/rnn.pc.in ${PROJECT_BINARY_DIR}/package/rnn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/rnn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
