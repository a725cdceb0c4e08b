/*
 * An error is a value: a code and one line of text. It is created where the failure is detected,
 * prefixed at most once by the function that knows the location, and printed only by cli.
 *
 * Functions that can fail return 0 or -1 and take a `struct err *` last, never
 * NULL. */
#ifndef TOWERKEEP_BASE_ERR_H
#define TOWERKEEP_BASE_ERR_H

#define ERR_TEXT_MAX 1024

enum err_code {
    ERR_NONE = 0,
    ERR_INTERNAL,    /* a bug or a library that failed without reason */
    ERR_INPUT,       /* an option, file, rule or environment variable that the user can fix */
    ERR_IO,          /* the disk: not writable, full or gone */
    ERR_NETWORK,     /* unreachable, TLS not trusted, timeout */
    ERR_DENIED,      /* AWS answered: not allowed */
    ERR_CREDENTIALS, /* credentials: none found, expired or malformed */
    ERR_AWS,         /* any other AWS error, or a malformed answer */
    ERR_INTERRUPTED  /* a signal requested a stop */
};

struct err {
    enum err_code code;
    char text[ERR_TEXT_MAX]; /* one line, no trailing full stop or newline; control characters
                                replaced */
};

#define ERR_INIT                                                                                   \
    {                                                                                              \
        ERR_NONE,                                                                                  \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* Sets code and text, replacing what was there. Returns -1 so that `return err_set(...)` reads
 * well. */
int err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text; keeps the code. Returns -1. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
