/* What the commands share: errors turned into a line and an exit status, and signals. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli.h"

volatile sig_atomic_t signal_received;

static void on_signal(int number)
{
    signal_received = number;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    /* A second signal of the same kind ends the program at once. */
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static enum exit_code exit_code_of(enum err_code code)
{
    switch (code) {
    case ERR_NONE:
        return EXIT_OK;
    case ERR_INTERNAL:
    case ERR_IO:
        return EXIT_INTERNAL;
    case ERR_INPUT:
    case ERR_CREDENTIALS:
        return EXIT_USAGE;
    case ERR_NETWORK:
    case ERR_DENIED:
    case ERR_AWS:
    case ERR_INTERRUPTED:
        return EXIT_INCOMPLETE;
    }
    return EXIT_INTERNAL;
}

int cli_fail(const struct err *err)
{
    return cli_fail_and(err, "");
}

int cli_fail_and(const struct err *err, const char *hint)
{
    struct text line;
    text_init(&line, 4 * ERR_TEXT_MAX);
    text_add_printable(&line, err->text, strlen(err->text));
    fprintf(stderr, "towerkeep: %s%s\n", text_str(&line), hint);
    text_release(&line);
    return (int)exit_code_of(err->code);
}

int cli_end(int code)
{
    bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (lost) {
        fprintf(stderr, "towerkeep: cannot write to standard output: %s\n", strerror(errno));
    }
    return lost && (code == EXIT_OK || code == EXIT_FAILING) ? EXIT_INTERNAL : code;
}
