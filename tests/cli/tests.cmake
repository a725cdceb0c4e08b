# The program's own sources without main(): cli is no library. The environment of a test is empty of its variables.
file(GLOB cli_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/cli/*.c")
list(FILTER cli_sources EXCLUDE REGEX "/main\\.c$")
unit(cli options base aws model store inventory collect check report plan apply workflow)
target_sources(test_cli_options PRIVATE ${cli_sources})
target_link_options(test_cli_options PRIVATE -Wl,--wrap=exit)
