# The members of subjects, which the loader of rules holds paths against, are drawn from the page that documents them.
add_executable(subject_members "${CMAKE_SOURCE_DIR}/src/store/generate/subject_members.c")
target_link_libraries(subject_members PRIVATE house)
set(drawn "${CMAKE_BINARY_DIR}/generated")
file(MAKE_DIRECTORY "${drawn}")
add_custom_command(OUTPUT "${drawn}/subject_tables.c"
  COMMAND subject_members "${CMAKE_SOURCE_DIR}/docs/subjects.md" "${drawn}/subject_tables.c"
  DEPENDS subject_members "${CMAKE_SOURCE_DIR}/docs/subjects.md" VERBATIM)
target_sources(room_store PRIVATE "${drawn}/subject_tables.c")
