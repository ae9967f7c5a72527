# SPDX-License-Identifier: MIT
#
# page.cmake - writes files into a C source as server/assets.h has them:
#
#   cmake -DOUT=page.c "-DFILES=a;b" -P page.cmake
set(arrays "")
set(rows "")
set(number 0)
foreach(path IN LISTS FILES)
  get_filename_component(name ${path} NAME)
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", (const char *)file_${number}, sizeof file_${number} - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/page.cmake. */\n#include \"server/assets.h\"\n\n${arrays}\n"
     "const assets_file assets_files[] = {\n${rows}    {NULL, NULL, 0},\n};\n")
