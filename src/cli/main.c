#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "options.h"

/* The memory of a scan holds keys and session tokens: no core file, and no core handed to a
 * program that collects them (which a limit alone does not prevent). */
static void leave_no_core(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) /* whose leak check must attach */
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Commands that can be resumed listen for signals themselves; of the others nothing half-written
 * stays. */
static void on_end(int number)
{
    out_file_abort_all();
    (void)raise(number); /* its default action: the handler is gone */
}

static void leave_no_part(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction action = {.sa_handler = on_end,
                                     .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    struct sigaction before;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        /* What nohup, or a shell in the background, ignores stays ignored. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
    (void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk: a line, not a death */
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "-?") == 0;
}

static bool is_version(const char *word)
{
    return strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0;
}

/* A command that only has subcommands, without one of them. */
static int run_parent(enum command_id command, int argc, char **argv)
{
    if (argc == 0) {
        help_command(command, stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[0]) || strcmp(argv[0], "help") == 0) {
        help_command(command, stdout);
        return EXIT_OK;
    }
    return is_version(argv[0]) ? cmd_version(NULL)
                               : help_unknown_command(command_at(command)->name, argv[0]);
}

static int run(int argc, char **argv)
{
    struct options o;
    int used = 0;
    enum command_id command = command_find(argc, argv, &used);
    if (command == COMMAND_COUNT && argv[0][0] == '-') {
        usage_fail("unknown option %s (an option comes after a command: towerkeep --help)",
                   argv[0]);
    }
    if (command == COMMAND_COUNT) {
        return help_unknown_command("", argv[0]);
    }
    const struct command *c = command_at(command);
    if (c->run == NULL) {
        return run_parent(command, argc - used, argv + used);
    }
    options_parse(&o, command, argc - used + 1, argv + used - 1);
    log_open(stderr, (enum log_level)o.run.log_level);
    options_warn(&o);
    int code = c->run(&o);
    options_release(&o);
    return code;
}

int main(int argc, char **argv)
{
    leave_no_core();
    leave_no_part();
    log_open(stderr, LOG_WARN);
    if (argc < 2) {
        help_overview(stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[1])) {
        help_overview(stdout);
        return cli_end(EXIT_OK);
    }
    if (is_version(argv[1])) {
        return cli_end(cmd_version(NULL));
    }
    int code = cli_end(run(argc - 1, argv + 1));
    out_file_abort_all();
    log_close();
    return code;
}
