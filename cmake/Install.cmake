# What is installed, and how the programs find it again.
include(GNUInstallDirs)
set(data_dir "${CMAKE_INSTALL_DATADIR}/towerkeep")
file(RELATIVE_PATH data_from_executable "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_DATADIR}/towerkeep")
set_property(SOURCE src/workflow/data_dir.c TARGET_DIRECTORY module_workflow PROPERTY COMPILE_DEFINITIONS
  TOWERKEEP_DATA_FROM_EXECUTABLE="${data_from_executable}" TOWERKEEP_DATA_DIR="${CMAKE_INSTALL_FULL_DATADIR}/towerkeep")
# A program in the build tree uses the rules and templates of the source tree (src/workflow/data_dir.c).
file(WRITE "${CMAKE_BINARY_DIR}/towerkeep-source-directory.txt" "${CMAKE_SOURCE_DIR}\n")
if(BUILD_TESTS)
  file(WRITE "${CMAKE_BINARY_DIR}/tests/towerkeep-source-directory.txt" "${CMAKE_SOURCE_DIR}\n")
endif()

install(TARGETS towerkeep towerkeep-sim)
install(DIRECTORY rules templates DESTINATION "${data_dir}")
# As in the source tree, so that the links of README.md work: guides, JSON schemas and examples.
install(FILES LICENSE README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}" PATTERN "*.1.in" EXCLUDE)

# Completions are printed by the program itself, from its table of options.
set(completions "${CMAKE_BINARY_DIR}/completions")
file(MAKE_DIRECTORY "${completions}")
foreach(shell bash zsh fish)
  add_custom_command(TARGET towerkeep POST_BUILD COMMAND towerkeep help --format ${shell} > "${completions}/${shell}" VERBATIM)
endforeach()
install(FILES "${completions}/bash" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME towerkeep)
install(FILES "${completions}/zsh" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" RENAME _towerkeep)
install(FILES "${completions}/fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" RENAME towerkeep.fish)

# The option lists of the manual pages, too.
set(manuals "${CMAKE_BINARY_DIR}/man")
set(towerkeep_options "$<TARGET_FILE:towerkeep>;help;--format;man")
set(towerkeep-sim_options "$<TARGET_FILE:towerkeep-sim>;--manual")
foreach(program towerkeep towerkeep-sim)
  add_custom_command(OUTPUT "${manuals}/${program}.1"
    COMMAND "${CMAKE_COMMAND}" "-DTEMPLATE=${CMAKE_SOURCE_DIR}/docs/${program}.1.in" "-DOUTPUT=${manuals}/${program}.1"
      "-DCOMMAND=${${program}_options}" -P "${CMAKE_SOURCE_DIR}/cmake/ManPage.cmake"
    DEPENDS ${program} docs/${program}.1.in cmake/ManPage.cmake VERBATIM)
  list(APPEND manual_pages "${manuals}/${program}.1")
endforeach()
add_custom_target(manuals ALL DEPENDS ${manual_pages})
install(FILES ${manual_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
