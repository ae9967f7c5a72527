# SPDX-License-Identifier: MIT
#
# Manual pages and completions: the program prints them from its option tables, so
# they are made when it has been built and installed with it.
if(CMAKE_CROSSCOMPILING)
  return()
endif()

set(pages_dir ${PROJECT_BINARY_DIR}/pages)
set(pages ${pages_dir}/rnn.1 ${pages_dir}/rnn.bash ${pages_dir}/_rnn ${pages_dir}/rnn.fish)
set(make_pages COMMAND rnn man > ${pages_dir}/rnn.1
               COMMAND rnn completions bash > ${pages_dir}/rnn.bash
               COMMAND rnn completions zsh > ${pages_dir}/_rnn
               COMMAND rnn completions fish > ${pages_dir}/rnn.fish)
foreach(command train sample eval info help man completions)
  list(APPEND pages ${pages_dir}/rnn-${command}.1)
  list(APPEND make_pages COMMAND rnn man ${command} > ${pages_dir}/rnn-${command}.1)
endforeach()
file(MAKE_DIRECTORY ${pages_dir})
add_custom_command(OUTPUT ${pages} ${make_pages} DEPENDS rnn VERBATIM
                   COMMENT "Printing manual pages and completions")
add_custom_target(pages ALL DEPENDS ${pages})

install(DIRECTORY ${pages_dir}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
        FILES_MATCHING PATTERN "*.1")
install(FILES ${pages_dir}/rnn.bash RENAME rnn
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${pages_dir}/_rnn DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${pages_dir}/rnn.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
