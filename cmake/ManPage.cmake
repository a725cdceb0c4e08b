# Makes a manual page: the sections that the program prints from its options replace @SYNOPSIS@ and @OPTIONS@.
#   cmake -DTEMPLATE=FILE -DOUTPUT=FILE "-DCOMMAND=PROGRAM;ARGUMENT..." -P ManPage.cmake
execute_process(COMMAND ${COMMAND} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
string(FIND "${printed}" ".Sh OPTIONS" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${COMMAND}: no section OPTIONS")
endif()
string(SUBSTRING "${printed}" 0 ${at} synopsis)
string(SUBSTRING "${printed}" ${at} -1 options)
file(READ "${TEMPLATE}" page)
string(REPLACE "@SYNOPSIS@\n" "${synopsis}" page "${page}")
string(REPLACE "@OPTIONS@\n" "${options}" page "${page}")
file(WRITE "${OUTPUT}" "${page}")
