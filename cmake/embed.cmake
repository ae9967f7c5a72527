# SPDX-License-Identifier: MIT
#
# Makes C of a plain file: cmake -DFROM=cli/page.css -DTO=page_css.c -DNAME=page_css
# -P embed.cmake. The bytes stand in `const char NAME[]` with a NUL behind them, and how many
# they are in `const size_t NAME_bytes`.
file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
string(REGEX REPLACE "([^\n]+)\n?" "    \"\\1\"\n" bytes "${bytes}")
file(WRITE ${TO} "#include <stddef.h>\nextern const char ${NAME}[];\n"
                 "extern const size_t ${NAME}_bytes;\n"
                 "const char ${NAME}[] =\n    \"\"\n${bytes};\nconst size_t ${NAME}_bytes = sizeof ${NAME} - 1;\n")
