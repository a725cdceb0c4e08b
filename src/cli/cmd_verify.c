/* verify: is the run still what it was when its evidence package was made? */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "options.h"

static void print_problem(void *context, const char *what, const char *name)
{
    struct text line;
    (void)context;
    text_init(&line, 16384);
    text_add_printable(&line, name, strlen(name));
    printf("%-8s %s\n", what, text_str(&line));
    text_release(&line);
}

static int verify(const char *directory, const char *public_key, struct err *err)
{
    static const char *const signatures[] = {[SIGNATURE_NONE] = "not signed",
                                             [SIGNATURE_NOT_CHECKED] =
                                                 "signature not checked: use --public-key",
                                             [SIGNATURE_GOOD] = "valid signature",
                                             [SIGNATURE_BAD] = "INVALID signature"};
    struct package_check check;
    if (package_verify(directory, public_key, print_problem, NULL, &check, err) != 0) {
        return -1;
    }
    if (check.problems == 0) {
        printf("%zu files match their checksums; %s\n", check.files, signatures[check.signature]);
        return EXIT_OK;
    }
    printf("%zu problem%s in %zu files; %s\n", check.problems, check.problems == 1 ? "" : "s",
           check.files, signatures[check.signature]);
    return EXIT_FAILING;
}

int cmd_verify(struct options *o)
{
    struct err err = ERR_INIT;
    int rc = verify(o->arguments.items[0], o->public_key, &err);
    return rc < 0 ? cli_fail(&err) : rc;
}
