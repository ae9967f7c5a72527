# SPDX-License-Identifier: MIT
#
# embed.cmake - writes files into a C source, with a NUL behind the bytes of each:
#
#   cmake -DTO=embedded.c "-DFILES=cli/page.css;cli/page.js" -P embed.cmake
#
# makes `const char page_css[]` and `const char page_js[]`. With -DTABLE=TRUE they are the
# source's own, and listed as server/assets.h has them.
set(source "")
set(rows "")
foreach(path IN LISTS FILES)
  get_filename_component(file ${path} NAME)
  string(MAKE_C_IDENTIFIER ${file} name)
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  string(REGEX REPLACE "([^\n]+)\n?" "    \"\\1\"\n" bytes "${bytes}")
  if(TABLE)
    string(APPEND source "static ")
  else()
    string(APPEND source "extern const char ${name}[];\n")
  endif()
  string(APPEND source "const char ${name}[] =\n    \"\"\n${bytes};\n")
  string(APPEND rows "    {\"${file}\", ${name}, sizeof ${name} - 1},\n")
endforeach()
if(TABLE)
  string(PREPEND source "#include \"server/assets.h\"\n")
  string(APPEND source "const assets_file assets_files[] = {\n${rows}    {NULL, NULL, 0},\n};\n")
endif()
file(WRITE ${TO} "/* Made by cmake/embed.cmake. */\n${source}")
