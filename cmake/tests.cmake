# SPDX-License-Identifier: MIT
#
# Every tests/**/test_*.c is a test program; scripts beside them test the command
# line, the installed package and the house rules. Labels choose among them:
#
#   threads   runs code on several threads: what the thread sanitizer is for
#   tables    goes through the kernel tables by itself, whatever RNN_CPU says, or computes nothing
#   lint      the house rules
#   long      minutes each; not part of a plain run

file(GLOB_RECURSE RNN_TESTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/test_*.c)
foreach(source ${RNN_TESTS})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE
                             RNN_TEST_DATA="${PROJECT_SOURCE_DIR}/tests")
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE rnn_static PkgConfig::CMOCKA ${RNN_LIBRARIES})
  if(source MATCHES "/tests/cli/")
    target_link_libraries(${name} PRIVATE rnn_commands rnn_server)
  endif()
  if(source MATCHES "/tests/server/")
    target_link_libraries(${name} PRIVATE rnn_server)
    target_compile_definitions(${name} PRIVATE RNN_TEST_PROGRAM="$<TARGET_FILE:rnn>")
    add_dependencies(${name} rnn)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)
  file(STRINGS ${source} threaded REGEX "rnn_threads_|threads = |http_start|server_start|child_create|device\\.h|rnn_train\\(")
  if(threaded)
    set_property(TEST ${name} APPEND PROPERTY LABELS threads)
  endif()
  file(STRINGS ${source} walking REGEX "rnn_kernels_available|FOR_TABLES")
  if(walking OR source MATCHES "/tests/(base|formats|text|server)/")
    set_property(TEST ${name} APPEND PROPERTY LABELS tables)
  endif()
  # A program that takes --long does the same more thoroughly.
  file(STRINGS ${source} thorough REGEX "\"--long\"")
  if(thorough)
    add_test(NAME ${name}_long COMMAND ${name} --long)
    set_tests_properties(${name}_long PROPERTIES TIMEOUT 3600 LABELS long)
  endif()
endforeach()

# The AVX-512 kernels, their instructions emulated in plain C, pass the tests of all
# kernels on any machine. Unoptimised: they compile in a second instead of minutes.
foreach(table avx512 avx512bf16)
  set(emulated emulated_kernels_${table})
  add_library(${emulated} OBJECT ${PROJECT_SOURCE_DIR}/tests/compute/emulated/kernels_${table}.c)
  target_include_directories(${emulated} PRIVATE
    ${PROJECT_SOURCE_DIR}/tests/compute/emulated ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_compile_options(${emulated} PRIVATE -O0 -Wno-psabi)
  foreach(test test_kernels test_kernels_cells test_kernels_masks test_kernels_output
               test_products)
    set(name ${test}_${table}_emulated)
    add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/compute/${test}.c
                   $<TARGET_OBJECTS:${emulated}>)
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE
                               RNN_TEST_TABLE=rnn_kernels_${table}_emulated)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE rnn_static PkgConfig::CMOCKA ${RNN_LIBRARIES})
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS tables)
  endforeach()
endforeach()

# Puts failing system calls in the place of the real ones.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  foreach(call openat write read fsync renameat close fcntl flock)
    target_link_options(test_saving_faults PRIVATE "LINKER:--wrap=${call}")
  endforeach()
  target_compile_definitions(test_saving_faults PRIVATE RNN_TEST_WRAPS)
endif()

# Makes model files for the scripts below.
add_executable(model_exchange ${PROJECT_SOURCE_DIR}/tests/model/exchange.c)
target_compile_definitions(model_exchange PRIVATE _GNU_SOURCE)
target_include_directories(model_exchange PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(model_exchange PRIVATE rnn_static ${RNN_LIBRARIES})

# Shell scripts: tests/**/test_*.sh, run as `test_X.sh SOURCE BUILD`. 77 says that
# something they need is not on this machine.
file(GLOB_RECURSE RNN_TEST_SCRIPTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/test_*.sh)
foreach(script ${RNN_TEST_SCRIPTS})
  get_filename_component(name ${script} NAME_WE)
  add_test(NAME ${name}
           COMMAND sh ${script} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)
endforeach()

set_tests_properties(test_kill_in_save test_page PROPERTIES LABELS long)
set_tests_properties(test_cli_cpu test_cli_usage test_older_processors test_checks
                     PROPERTIES LABELS tables)

# House rules look at the sources and the plain build's symbols.
if(NOT RNN_SANITIZE)
  foreach(rule floors names headers format sizes words scripts)
    add_test(NAME lint_${rule}
             COMMAND sh ${PROJECT_SOURCE_DIR}/tools/check_${rule}.sh ${PROJECT_SOURCE_DIR}
                     ${PROJECT_BINARY_DIR})
    set_tests_properties(lint_${rule} PROPERTIES LABELS lint SKIP_RETURN_CODE 77)
  endforeach()
endif()
