# SPDX-License-Identifier: MIT
#
# libFuzzer targets: tests/fuzz/fuzz_*.c. Clang only; tests/fuzz/run_fuzzers.sh
# runs them.
file(GLOB RNN_FUZZERS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(source ${RNN_FUZZERS} ${PROJECT_SOURCE_DIR}/tests/fuzz/make_seeds.c)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE rnn_static ${RNN_LIBRARIES})
  if(name STREQUAL "fuzz_requests")
    target_link_libraries(${name} PRIVATE rnn_server)
  endif()
  if(NOT name STREQUAL "make_seeds")
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endif()
endforeach()
