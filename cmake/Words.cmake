# The words that the program reads in answers: whatever its readers and rules name. A recording keeps them and replaces all others.
add_executable(read_words "${CMAKE_SOURCE_DIR}/src/workflow/generate/read_words.c")
target_link_libraries(read_words PRIVATE compile_flags)
file(GLOB readers CONFIGURE_DEPENDS
  "${CMAKE_SOURCE_DIR}/src/aws/ops*.c" "${CMAKE_SOURCE_DIR}/src/aws/message*.c" "${CMAKE_SOURCE_DIR}/src/aws/partition.c"
  "${CMAKE_SOURCE_DIR}/src/collect/*.c" "${CMAKE_SOURCE_DIR}/src/inventory/*.c" "${CMAKE_SOURCE_DIR}/src/model/*.c"
  "${CMAKE_SOURCE_DIR}/rules/*.yaml")
add_custom_command(OUTPUT "${drawn}/read_words.c"
  COMMAND read_words "${drawn}/read_words.c" ${readers}
  DEPENDS read_words ${readers} VERBATIM)
target_sources(module_workflow PRIVATE "${drawn}/read_words.c")
