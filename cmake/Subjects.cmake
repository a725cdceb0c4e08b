# The members of subjects, which the loader of rules holds paths against, are drawn from the page that documents them.
add_executable(subject_members "${CMAKE_SOURCE_DIR}/src/inventory/generate/subject_members.c")
target_link_libraries(subject_members PRIVATE compile_flags)
set(drawn "${CMAKE_BINARY_DIR}/generated")
file(MAKE_DIRECTORY "${drawn}")
add_custom_command(OUTPUT "${drawn}/subject_tables.c"
  COMMAND subject_members "${CMAKE_SOURCE_DIR}/docs/subjects.md" "${drawn}/subject_tables.c"
  DEPENDS subject_members "${CMAKE_SOURCE_DIR}/docs/subjects.md" VERBATIM)
target_sources(module_inventory PRIVATE "${drawn}/subject_tables.c")
